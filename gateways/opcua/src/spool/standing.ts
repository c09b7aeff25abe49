import type { FrameHead } from './frame.ts';

/**
 * Where the writers and subscriptions stand: what a start must know before it may take or number anything. Every
 * segment begins with it, so it outlives the segments that were forwarded and deleted.
 */
export class Standing {
  /** By writer: the SequenceNumber its next message gets. */
  readonly sequences = new Map<number, number>();
  /** By subscription of the server: the last of its notifications that is kept here, and when it came. */
  readonly notifications = new Map<number, { sequence: number; received: number }>();

  apply(head: FrameHead): void {
    this.sequences.set(head.writer, head.nextSequence);
    if (head.notification !== undefined)
      this.notifications.set(head.notification.subscription, { sequence: head.notification.sequence, received: head.received });
  }

  /** Forgets subscriptions that are no longer used, so that a year of restarts does not gather here. */
  keepOnly(subscriptions: ReadonlySet<number>): void {
    for (const id of this.notifications.keys()) if (!subscriptions.has(id)) this.notifications.delete(id);
  }

  toBuffer(): Buffer {
    return Buffer.from(JSON.stringify({ sequences: [...this.sequences], notifications: [...this.notifications] }));
  }

  restore(body: Buffer): void {
    const kept = JSON.parse(body.toString('utf8')) as { sequences: [number, number][]; notifications: [number, { sequence: number; received: number }][] };
    this.sequences.clear();
    this.notifications.clear();
    for (const [writer, sequence] of kept.sequences) this.sequences.set(writer, sequence);
    for (const [id, last] of kept.notifications) this.notifications.set(id, last);
  }
}
