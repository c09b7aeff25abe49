import type { Clock } from './time.ts';

/** Ways to lose a value. Each has a counter of its own, so that none hides behind another. */
export type Loss = 'server-queue' | 'server-notification' | 'unwatched' | 'spool-full' | 'disk' | 'damage' | 'refused';

/** At most one line of a kind in this time; the rest is counted and told together. */
const quietFor = 10_000;

/** What the gateway says of itself: lines in words for the log, counters for /status. */
export class Report {
  readonly started: Date;
  readonly counts = { notifications: 0, values: 0, messages: 0, valuesForwarded: 0, repeated: 0 };
  /** Values lost; where the number cannot be known, the number of times it happened. */
  readonly losses: Record<Loss, number> = { 'server-queue': 0, 'server-notification': 0, unwatched: 0, 'spool-full': 0, disk: 0, damage: 0, refused: 0 };
  server = 'not connected yet';
  broker = 'not connected yet';
  lastValue: Date | undefined;
  readonly lines: string[] = [];
  private readonly lastSaid = new Map<Loss, { at: number; silent: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly write: (line: string) => void,
  ) {
    this.started = clock.now();
  }

  say(text: string): void {
    const line = `${this.clock.now().toISOString()} ${text}`;
    this.lines.push(line);
    if (this.lines.length > 100) this.lines.shift();
    this.write(line);
  }

  sayServer(state: string): void {
    if (state === this.server) return;
    this.server = state;
    this.say(`server: ${state}`);
  }

  sayBroker(state: string): void {
    if (state === this.broker) return;
    this.broker = state;
    this.say(`broker: ${state}`);
  }

  /** Nothing is lost silently: it is counted at once, and told at once or with the next ones of its kind. */
  lost(loss: Loss, values: number, why: string): void {
    const counted = Math.max(1, values);
    this.losses[loss] += counted;
    const now = this.clock.now().getTime();
    const last = this.lastSaid.get(loss);
    if (last !== undefined && now - last.at < quietFor) {
      last.silent += counted;
      return;
    }
    this.lastSaid.set(loss, { at: now, silent: 0 });
    this.say(`LOST (${loss}) ${counted + (last?.silent ?? 0)}: ${why}`);
  }
}
