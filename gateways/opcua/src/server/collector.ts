import { AttributeIds } from 'node-opcua';
import type { Config, GroupConfig } from '../config.ts';
import { Problem, wordsOf } from '../problem.ts';
import type { Field } from '../pubsub/field.ts';
import type { MetadataStore } from '../pubsub/metadata.ts';
import type { Report } from '../report.ts';
import type { Spool } from '../spool/spool.ts';
import { BackOff, within, type Clock } from '../time.ts';
import { connect, type Connection } from './connection.ts';
import { findFields } from './fields.ts';
import type { KeptSubscription, KeptSubscriptions } from './kept-subscriptions.ts';
import { Publisher } from './publisher.ts';
import { Services, type RawSession } from './services.ts';
import { fingerprintOf, subscribe } from './subscription.ts';
import type { TrustStore } from './trust.ts';
import { Watch } from './watch.ts';

const serverStartTime = 'ns=0;i=2257';

interface Found {
  group: GroupConfig;
  fields: Field[];
}

/**
 * Reads the server for as long as the gateway runs. A start, a broken connection and a restarted server are one story:
 * connect, take up the subscriptions that the server still has for us, make anew those it has not, and go on.
 */
export class Collector {
  /** By node id, the last value taken, so that a new subscription's first values can be told from changes. */
  private readonly lastValues = new Map<string, string>();
  private serverStarted = '';
  private publisher: Publisher | undefined;
  private beginning: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: Config,
    private readonly trust: TrustStore,
    private readonly spool: Spool,
    private readonly metadata: MetadataStore,
    private readonly kept: KeptSubscriptions,
    private readonly report: Report,
    private readonly clock: Clock,
    private readonly backOff = new BackOff(500, 30_000),
  ) {}

  async run(stop: AbortSignal): Promise<void> {
    let connection: Connection | undefined;
    while (!stop.aborted) {
      try {
        connection = await connect(this.config.server, this.trust, connection?.session);
        await this.collect(connection, stop);
      } catch (error) {
        await connection?.drop();
        await this.settled();
        // A session whose subscription has ended is of no more use; whatever else it watched is handed over to the next.
        if (/BadNoSubscription|BadSubscriptionIdInvalid|ended the subscription|nothing heard/.test(wordsOf(error))) connection = undefined;
        const delay = this.backOff.delay();
        // A new one-line reason each time would fill a log in a night; the state is told when it changes.
        this.report.sayServer(error instanceof Problem ? error.toString() : `away: ${wordsOf(error)}; trying again, at the latest every 30 s`);
        await this.trust.changed(delay, stop);
      }
    }
    await connection?.close();
    await this.settled();
    this.report.sayServer('left; it keeps the subscriptions for a restart');
  }

  private async collect({ session, lost, isSameSession }: Connection, stop: AbortSignal): Promise<void> {
    const services = new Services(session);
    const watches = new Map<number, Watch>();
    const publisher = (this.publisher = new Publisher(services, watches, this.spool, this.clock));
    const gone = lost.then((reason) => Promise.reject(new Error(reason)));
    gone.catch(() => undefined);
    const stopped = new Promise<void>((resolve) => (stop.aborted ? resolve() : stop.addEventListener('abort', () => resolve(), { once: true })));
    this.beginning = this.begin(services, publisher, watches, isSameSession);
    await Promise.race([gone, stopped, within(120_000, 'subscribing', this.beginning)]);
    if (stop.aborted) return;
    this.backOff.succeeded();
    const count = [...watches.values()].reduce((sum, watch) => sum + watch.fields.length, 0);
    this.report.sayServer(`connected to ${this.config.server.endpoint}, ${count} variables in ${watches.size} groups`);
    const own = new AbortController();
    try {
      await Promise.race([gone, stopped, publisher.run(AbortSignal.any([stop, own.signal]))]);
    } finally {
      own.abort();
    }
  }

  /** Returns when nothing of the last connection is at work any more: two at a time would take a notification twice. */
  private async settled(): Promise<void> {
    await Promise.allSettled([this.beginning, this.publisher?.settled()]);
  }

  private async begin(services: Services, publisher: Publisher, watches: Map<number, Watch>, isSameSession: boolean): Promise<void> {
    const { session } = services;
    this.serverStarted = await readStartTime(session);
    const found: Found[] = [];
    for (const group of this.config.groups) {
      const fields = await findFields(session, group, this.report);
      if (fields.length > 0) found.push({ group, fields });
      else this.report.say(`group ${group.name}: nothing to watch; check nodes, browse, include and exclude`);
    }
    if (found.length === 0) throw new Problem('The server has none of the variables', this.config.server.endpoint, 'see what it has with: dure-opcua browse');
    const taken = await this.takeUp(services, found, isSameSession);
    for (const { group, fields } of found) {
      const available = taken.get(group.name);
      const watch = available === undefined ? await this.watchAnew(services, group, fields) : this.watch(services, this.kept.of(group.name)!, group, fields, true);
      watches.set(watch.subscription, watch);
      await watch.catchUp(available ?? []);
      await this.spool.durable();
      publisher.acknowledge(watch.subscription, available ?? []);
    }
    this.spool.subscriptionsInUse = this.kept.ids;
  }

  /** By group, the notifications that the server holds for a subscription that is ours again. */
  private async takeUp(services: Services, found: Found[], isSameSession: boolean): Promise<Map<string, readonly number[]>> {
    const taken = new Map<string, readonly number[]>();
    if (!this.kept.belongTo(this.serverStarted)) return taken;
    const wanted = found.filter(({ group, fields }) => this.kept.of(group.name)?.fingerprint === fingerprintOf(group, fields));
    if (wanted.length === 0) return taken;
    // What the session missed shows by the numbers of what it gets next, and is asked for then.
    if (isSameSession) return new Map(wanted.map(({ group }) => [group.name, []]));
    try {
      const subscriptionIds = wanted.map(({ group }) => this.kept.of(group.name)!.id);
      const { results } = await services.transfer(subscriptionIds);
      (results ?? []).forEach(({ statusCode, availableSequenceNumbers }, index) => {
        const { name } = wanted[index]!.group;
        if (statusCode.isGood()) taken.set(name, availableSequenceNumbers ?? []);
        else this.report.say(`group ${name}: the server does not hand the subscription over (${statusCode.name}${hint(statusCode.name)})`);
      });
    } catch (error) {
      this.report.say(`the server does not hand subscriptions over (${wordsOf(error)})`);
    }
    return taken;
  }

  private async watchAnew(services: Services, group: GroupConfig, fields: Field[]): Promise<Watch> {
    const before = this.kept.of(group.name);
    const last = before === undefined ? undefined : this.spool.standing.notifications.get(before.id);
    const subscription = await subscribe(services.session, group, fields, this.report);
    this.kept.set(this.serverStarted, group.name, subscription);
    const watch = this.watch(services, subscription, group, fields, false);
    if (last !== undefined) {
      const since = new Date(last.received);
      this.report.lost('unwatched', 0, `group ${group.name} was not watched from ${since.toISOString()} to ${this.clock.now().toISOString()}: changes between them are not known`);
      watch.markGap(since);
    }
    return watch;
  }

  private watch(services: Services, kept: KeptSubscription, group: GroupConfig, fields: Field[], isResumed: boolean): Watch {
    const { version } = this.metadata.versionOf(group.writerId, group.name, fields);
    const writer = { id: group.writerId, name: group.name, fields, version };
    const { spool, metadata, report, clock, lastValues } = this;
    return new Watch(kept.id, kept.keepAliveTime, group, writer, lastValues, isResumed, { services, spool, metadata, report, clock });
  }
}

async function readStartTime(session: RawSession): Promise<string> {
  const { statusCode, value } = await session.read({ nodeId: serverStartTime, attributeId: AttributeIds.Value });
  return statusCode.isGood() && value.value instanceof Date ? value.value.toISOString() : 'not told';
}

function hint(status: string): string {
  if (status === 'BadUserAccessDenied') return '; it does so for a named user, or over a signed connection';
  return status === 'BadSubscriptionIdInvalid' ? '; it kept it for its lifetime, which is over' : '';
}
