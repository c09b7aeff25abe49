import { appendFileSync, existsSync, statSync } from 'node:fs';
import type { BrokerConfig } from '../config.ts';
import { Problem, wordsOf } from '../problem.ts';
import type { MetadataStore } from '../pubsub/metadata.ts';
import type { Report } from '../report.ts';
import type { Range } from '../spool/cursor.ts';
import type { Position } from '../spool/position.ts';
import type { Spool } from '../spool/spool.ts';
import { BackOff, pause, type Clock } from '../time.ts';
import { nextBatch, type Batch } from './batch.ts';
import { Link, Refused } from './link.ts';
import { Rate } from './rate.ts';

/** Refused messages are kept for a person to read, up to this size. */
const quarantineBytes = 64 << 20;
const writerGroup = 'gateway';

/** Sends what the spool holds, and advances its cursor when the broker has acknowledged: not before, and not later. */
export class Forwarder {
  private readonly dataTopic: string;

  constructor(
    private readonly config: BrokerConfig,
    private readonly publisherId: string,
    private readonly spool: Spool,
    private readonly metadata: MetadataStore,
    private readonly quarantine: string,
    private readonly report: Report,
    private readonly clock: Clock,
    private readonly backOff = new BackOff(500, 30_000),
  ) {
    // Part 14, 7.3.4.7.3: prefix, encoding, message type, publisher, writer group.
    this.dataTopic = `${config.topicPrefix}/json/data/${publisherId}/${writerGroup}`;
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      let link: Link | undefined;
      try {
        link = await Link.open(this.config);
        this.report.sayBroker(`connected to ${this.config.url}`);
        await this.forward(link, stop);
        await link.close();
      } catch (error) {
        link?.drop();
        this.report.sayBroker(error instanceof Problem ? error.toString() : `away: ${wordsOf(error)}; values wait in the spool; trying again, at the latest every 30 s`);
        await pause(this.backOff.delay(), stop);
      }
    }
    this.report.sayBroker('left; what it has not acknowledged waits in the spool');
  }

  private async forward(link: Link, stop: AbortSignal): Promise<void> {
    if (this.config.replay.order === 'live-first') this.spool.cursor.splitLive(this.spool.end);
    const over = new AbortController();
    const ends = AbortSignal.any([stop, over.signal]);
    const announced = new Set<string>();
    const rate = new Rate(this.config.replay.messagesPerSecond, this.clock);
    // The lanes of outages go one after another, in order; the live lane, where it is one of its own, beside them.
    const { ranges } = this.spool.cursor;
    const [live, outages] = [ranges.at(-1)!, ranges.slice(0, -1)];
    const lanes = [
      this.inTurn(outages, (range) => this.pump(link, range, rate, announced, ends)),
      this.pump(link, live, outages.length === 0 ? rate : undefined, announced, ends),
    ];
    const broken = link.lost.then((reason) => (ends.aborted ? undefined : Promise.reject(new Error(reason))));
    try {
      await Promise.race([broken, Promise.all(lanes), lateAfter(stop)]);
    } finally {
      over.abort();
      // The lanes must have let go of the cursor before the next connection takes it.
      link.drop();
      await Promise.allSettled(lanes);
    }
  }

  private async inTurn(ranges: Range[], pump: (range: Range) => Promise<void>): Promise<void> {
    for (const range of ranges) await pump(range);
  }

  /** Keeps a window of messages on their way, and advances over those that have arrived, in order. */
  private async pump(link: Link, range: Range, rate: Rate | undefined, announced: Set<string>, over: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const ends = AbortSignal.any([over, failed.signal]);
    const onTheWay: Promise<void>[] = [];
    let at = range.from;
    let arrived: Promise<void> = Promise.resolve();
    while (!ends.aborted) {
      const batch = nextBatch(this.spool, range, this.afterDropped(at, range), this.publisherId, link.maxMessageBytes);
      if (batch === undefined) {
        if (range.to !== undefined) break;
        await this.spool.changed(ends);
        continue;
      }
      at = batch.next;
      if (rate !== undefined && batch.messages.length > 0) await pause(rate.take(), ends);
      if (ends.aborted) break;
      const sent = this.send(link, batch, announced);
      arrived = Promise.all([arrived, sent]).then(() => this.advance(range, batch));
      onTheWay.push(arrived.catch(() => failed.abort()));
      if (onTheWay.length >= link.window) await onTheWay.shift();
    }
    // A stop in good order waits for what is on its way; a broken connection has already failed it.
    await arrived;
  }

  /** Where the spool has dropped what stood at a place, the reading goes on after it. */
  private afterDropped(at: Position, range: Range): Position {
    return range.from.segment > at.segment ? range.from : at;
  }

  private async send(link: Link, batch: Batch, announced: Set<string>): Promise<void> {
    const sent: Promise<void>[] = [];
    for (const { writer, version } of batch.writers) {
      const key = `${writer}-${version.join('-')}`;
      if (announced.has(key)) continue;
      announced.add(key);
      const message = this.metadata.message(writer, version, this.publisherId);
      if (message === undefined) this.report.say(`the metadata ${key} is no longer known; its values are sent without`);
      // Sent before the values on the same connection, MQTT 5.0, 4.6 has it received before them.
      else sent.push(this.deliver(link, `${this.config.topicPrefix}/json/metadata/${this.publisherId}/${writerGroup}/${writer}`, message, true, 0));
    }
    for (const { bytes, values } of batch.messages) sent.push(this.deliver(link, this.dataTopic, bytes, false, values));
    await Promise.all(sent);
  }

  private async deliver(link: Link, topic: string, message: Buffer | string, retain: boolean, values: number): Promise<void> {
    // Values can be spread over messages, metadata cannot: these go out as long as the broker has not said no.
    const most = values > 0 ? link.maxMessageBytes : link.brokerMaxBytes;
    if (message.length > most) return this.refuse(topic, message, values, `it has ${message.length} bytes, and ${most} are taken`);
    try {
      await link.publish(topic, message, retain);
      if (values > 0) this.report.counts.messages++;
      this.report.counts.valuesForwarded += values;
      this.backOff.succeeded();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.refuse(topic, message, values, error.message);
    }
  }

  /** A message that can never arrive must not hold up all those behind it: it is set aside, and told. */
  private refuse(topic: string, message: Buffer | string, values: number, why: string): void {
    const hasRoom = !existsSync(this.quarantine) || statSync(this.quarantine).size + message.length < quarantineBytes;
    if (hasRoom) appendFileSync(this.quarantine, `${message.toString()}\n`);
    this.report.lost('refused', values, `the broker refuses a message to ${topic}: ${why}; ${hasRoom ? `it is kept in ${this.quarantine}` : `${this.quarantine} is full, it is dropped`}`);
  }

  private advance(range: Range, batch: Batch): void {
    // The spool may have dropped this part meanwhile, and moved the range on.
    if (range.from.segment > batch.next.segment) return;
    this.spool.cursor.advance(range, batch.next);
    this.spool.deleteForwarded();
  }
}

/** A broker that does not acknowledge must not keep the gateway from stopping. */
async function lateAfter(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
  await pause(5000, new AbortController().signal);
}
