import type { PublishResponse } from 'node-opcua';
import { wordsOf } from '../problem.ts';
import type { Spool } from '../spool/spool.ts';
import type { Clock } from '../time.ts';
import type { Acknowledgement, Services } from './services.ts';
import type { Watch } from './watch.ts';

const mostRequests = 10;

/**
 * Asks the server for notifications, several requests at a time, and acknowledges each notification once it is on the
 * disk. While the disk cannot follow, nothing is asked for, and the values wait in the server's queues.
 */
export class Publisher {
  private acknowledgements: Acknowledgement[] = [];
  /** Notifications are taken one after another, in the order they came in. */
  private readonly heard = new Set<Watch>();
  private taking: Promise<void> = Promise.resolve();

  constructor(
    private readonly services: Services,
    private readonly watches: Map<number, Watch>,
    private readonly spool: Spool,
    private readonly clock: Clock,
  ) {}

  acknowledge(subscriptionId: number, sequenceNumbers: readonly number[]): void {
    for (const sequenceNumber of sequenceNumbers) this.acknowledgements.push({ subscriptionId, sequenceNumber });
  }

  /** Runs until told to stop; fails when the server is no longer heard. */
  async run(stop: AbortSignal): Promise<void> {
    const requests = Math.min(mostRequests, this.watches.size + 2);
    const slowest = Math.max(...[...this.watches.values()].map(({ keepAliveTime }) => keepAliveTime));
    // A request waits at the server behind the others; it must not time out there on the way.
    const timeoutHint = Math.min(0x7fffffff, (requests + 1) * slowest + 60_000);
    const guard = this.listen(stop);
    try {
      await Promise.race([guard.failed, Promise.all(Array.from({ length: requests }, () => this.ask(timeoutHint, stop)))]);
    } finally {
      guard.end();
    }
  }

  /** Returns when nothing is being taken any more: only then may another publisher take notifications of the same subscriptions. */
  async settled(): Promise<void> {
    await this.taking.catch(() => undefined);
  }

  private async ask(timeoutHint: number, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const told = this.acknowledgements.splice(0);
      let response: PublishResponse;
      try {
        response = await this.services.publish(told, timeoutHint);
      } catch (error) {
        this.acknowledgements.push(...told);
        if (stop.aborted) return;
        // The server queues fewer requests than this; one less will do.
        if (/BadTooManyPublishRequests/.test(wordsOf(error))) return;
        throw error;
      }
      // What comes too late to be taken is not acknowledged either, and comes again.
      if (stop.aborted) return;
      await (this.taking = this.taking.then(() => this.take(response)));
    }
  }

  private async take({ subscriptionId, notificationMessage, availableSequenceNumbers }: PublishResponse): Promise<void> {
    const watch = this.watches.get(subscriptionId);
    // A subscription of an earlier configuration, handed over with the session, may still speak.
    if (watch === undefined) return;
    const isToAcknowledge = await watch.take(notificationMessage);
    // What was kept over an earlier connection, and could not be acknowledged there, is now.
    if (!this.heard.has(watch)) this.acknowledge(subscriptionId, (availableSequenceNumbers ?? []).filter((sequence) => watch.hasKept(sequence, notificationMessage.sequenceNumber)));
    this.heard.add(watch);
    if (!isToAcknowledge) return;
    const { sequenceNumber } = notificationMessage;
    // Not waited for: the next notification may be appended meanwhile, and shares the fsync.
    void this.spool.durable().then(() => this.acknowledge(subscriptionId, [sequenceNumber]), () => undefined);
  }

  /** A server that is silent for three times its keep-alive time is gone, whatever the connection says. */
  private listen(stop: AbortSignal): { failed: Promise<never>; end(): void } {
    let timer: NodeJS.Timeout;
    const failed = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        const now = this.clock.now().getTime();
        const silent = [...this.watches.values()].find((watch) => now - watch.lastHeard > 3 * watch.keepAliveTime + 10_000);
        if (silent !== undefined && !stop.aborted) reject(new Error(`nothing heard of group ${silent.group.name} for ${Math.round((now - silent.lastHeard) / 1000)} s`));
      }, 1000);
    });
    return { failed, end: () => clearInterval(timer) };
  }
}
