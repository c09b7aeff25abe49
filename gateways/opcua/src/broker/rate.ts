import type { Clock } from '../time.ts';

/** Lets so many through in a second and no more; what was not used in one second may be used in the next, but not later. */
export class Rate {
  private tokens: number;
  private filled: number;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {
    this.tokens = Math.max(1, perSecond);
    this.filled = clock.now().getTime();
  }

  /** Takes one; returns the milliseconds to wait before it is there. */
  take(): number {
    const now = this.clock.now().getTime();
    this.tokens = Math.min(Math.max(1, this.perSecond), this.tokens + (Math.max(0, now - this.filled) / 1000) * this.perSecond);
    this.filled = now;
    this.tokens -= 1;
    return this.tokens >= 0 ? 0 : Math.ceil((-this.tokens / this.perSecond) * 1000);
  }
}
