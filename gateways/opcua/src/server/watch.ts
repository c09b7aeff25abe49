import { DataChangeNotification, DataValue, StatusChangeNotification, StatusCodes, type NotificationMessage } from 'node-opcua';
import type { GroupConfig } from '../config.ts';
import { wordsOf } from '../problem.ts';
import type { Field } from '../pubsub/field.ts';
import { frameOf, sequenceAfter, type Change, type Writer } from '../pubsub/messages.ts';
import type { MetadataStore } from '../pubsub/metadata.ts';
import { dataValueToJson, hasChangedMeaning, hasOverflowed } from '../pubsub/variant.ts';
import type { Report } from '../report.ts';
import type { Spool } from '../spool/spool.ts';
import type { Clock } from '../time.ts';
import { describeVariables } from './fields.ts';
import type { Services } from './services.ts';

interface WatchContext {
  services: Services;
  spool: Spool;
  metadata: MetadataStore;
  report: Report;
  clock: Clock;
}

/** What a subscription's notifications become: frames in the spool, each once and in the server's order. */
export class Watch {
  /** The server's sequence number that comes next. */
  private expected: number;
  private isFirst: boolean;
  /** A new subscription begins by telling each value as it stands; the fields that have not been told yet. */
  private readonly untold = new Set<number>();
  lastHeard: number;

  constructor(
    readonly subscription: number,
    readonly keepAliveTime: number,
    readonly group: GroupConfig,
    private writer: Writer,
    private readonly lastValues: Map<string, string>,
    isResumed: boolean,
    private readonly context: WatchContext,
  ) {
    const { spool, clock } = context;
    const last = spool.standing.notifications.get(subscription);
    this.expected = isResumed && last !== undefined ? sequenceAfter(last.sequence) : 1;
    this.isFirst = !isResumed;
    if (!isResumed) writer.fields.forEach((_, index) => this.untold.add(index));
    this.lastHeard = clock.now().getTime();
    if (!isResumed) spool.standing.notifications.delete(subscription);
  }

  get fields(): Field[] {
    return this.writer.fields;
  }

  /**
   * Ends every series where the watching ended: without this, a reader would take the last value to hold until the next.
   * The time is the gateway's own, since there is no value that a source could have given one.
   */
  markGap(since: Date): void {
    const { spool, clock } = this.context;
    const value = new DataValue({ statusCode: StatusCodes.BadNoCommunication, sourceTimestamp: since });
    const changes = this.fields.map((_, field) => ({ field, value }));
    spool.append(frameOf(this.writer, this.nextSequence, changes, clock.now(), undefined, false));
  }

  /** Takes what the server has sent before and nobody has kept; the numbers are those it still holds. */
  async catchUp(available: readonly number[]): Promise<void> {
    const last = Math.max(-1, ...available.map((sequence) => distance(this.expected, sequence)));
    if (last >= 0) await this.fetchUpTo(sequenceAfter(this.expected, last + 1));
  }

  /** Takes a notification. True where it has a number that is to be acknowledged. */
  async take(message: NotificationMessage): Promise<boolean> {
    this.lastHeard = this.context.clock.now().getTime();
    const { sequenceNumber } = message;
    const isKeepAlive = (message.notificationData ?? []).length === 0;
    if (distance(this.expected, sequenceNumber) < 0) {
      if (!isKeepAlive) this.context.report.counts.repeated++;
      return !isKeepAlive;
    }
    await this.fetchUpTo(sequenceNumber);
    if (!isKeepAlive) await this.keep(message);
    return !isKeepAlive;
  }

  private get nextSequence(): number {
    return this.context.spool.standing.sequences.get(this.writer.id) ?? 1;
  }

  /** Whether a notification is one of those kept before another. */
  hasKept(sequence: number, before: number): boolean {
    return distance(sequence, before) > 0 && distance(sequence, this.expected) > 0;
  }

  /** Asks again for those the connection has swallowed. */
  private async fetchUpTo(end: number): Promise<void> {
    // A jump of more than any server keeps is not asked for one by one.
    const missing = distance(this.expected, end);
    if (missing > 10_000) return this.skip(missing, end);
    while (this.expected !== end) {
      const sequence = this.expected;
      try {
        const { notificationMessage } = await this.context.services.republish(this.subscription, sequence);
        await this.keep(notificationMessage);
      } catch (error) {
        if (!/BadMessageNotAvailable/.test(String(error))) throw error;
        this.skip(1, sequenceAfter(sequence));
      }
    }
  }

  private skip(count: number, next: number): void {
    this.context.report.lost('server-notification', count, `group ${this.group.name}: the server no longer has ${count} notification(s) from number ${this.expected}`);
    this.expected = next;
  }

  private async keep(message: NotificationMessage): Promise<void> {
    const { spool, report, clock } = this.context;
    const changes: Change[] = [];
    if (changesMeaning(message)) await this.describeAgain();
    for (const data of message.notificationData ?? []) {
      if (data instanceof DataChangeNotification) this.collect(data, changes);
      else if (data instanceof StatusChangeNotification) throw new Error(`the server ended the subscription of group ${this.group.name} (${data.status.name})`);
    }
    const { sequenceNumber } = message;
    const notification = { subscription: this.subscription, sequence: sequenceNumber };
    const received = clock.now();
    spool.append(frameOf(this.writer, this.nextSequence, changes, received, notification, this.isFirst));
    this.expected = sequenceAfter(sequenceNumber);
    this.isFirst = false;
    report.counts.notifications++;
    report.counts.values += changes.length;
    report.lastValue = received;
  }

  /** Units and ranges may change while a server runs; the values after that must come with the metadata after that. */
  private async describeAgain(): Promise<void> {
    const { services, metadata, report } = this.context;
    try {
      const described = await describeVariables(services.session, this.fields.map(({ nodeId }) => nodeId));
      const fields = this.fields.map((field, index) => ({ ...field, ...described[index], name: field.name }));
      const { version, isNew } = metadata.versionOf(this.writer.id, this.writer.name, fields);
      this.writer = { ...this.writer, fields, version };
      if (isNew) report.say(`group ${this.group.name}: units or ranges have changed; the metadata is now version ${version.join('.')}`);
    } catch (error) {
      report.say(`group ${this.group.name}: the changed units and ranges cannot be read (${wordsOf(error)})`);
    }
  }

  private collect(data: DataChangeNotification, changes: Change[]): void {
    const { report } = this.context;
    for (const { clientHandle, value } of data.monitoredItems ?? []) {
      const field = clientHandle - 1;
      const known = this.fields[field];
      if (known === undefined) {
        report.lost('server-notification', 1, `group ${this.group.name}: a value for handle ${clientHandle}, which was never given`);
        continue;
      }
      if (hasOverflowed(value.statusCode))
        report.lost('server-queue', 1, `group ${this.group.name}: the server's queue for ${known.name} overflowed, at least one value was dropped; raise queueSize or lower publishingInterval`);
      const text = JSON.stringify(dataValueToJson(value));
      // The value that we have already, with the time we have it for, is not a change.
      const isRepeated = this.untold.delete(field) && value.sourceTimestamp !== null && this.lastValues.get(known.nodeId) === text;
      this.lastValues.set(known.nodeId, text);
      if (isRepeated) report.counts.repeated++;
      else changes.push({ field, value });
    }
  }
}

/** How far one sequence number is after another; they are 32 bits wide and go around. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}

function changesMeaning(message: NotificationMessage): boolean {
  return (message.notificationData ?? []).some((data) => data instanceof DataChangeNotification && data.monitoredItems?.some(({ value }) => hasChangedMeaning(value.statusCode)));
}
