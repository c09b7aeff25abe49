/** Where the gateway takes the time from; tests bring their own. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Waits, unless told to stop first. */
export function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted || milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    stop.addEventListener('abort', done);
  });
}

/** Waits twice as long after every failure, up to a bound; some of it by chance, so that a site's gateways do not come back in step. */
export class BackOff {
  private next: number;

  constructor(
    private readonly first: number,
    private readonly longest: number,
    private readonly chance: () => number = Math.random,
  ) {
    this.next = first;
  }

  /** The milliseconds to wait now. */
  delay(): number {
    const wait = this.next;
    this.next = Math.min(this.longest, this.next * 2);
    return Math.round(wait * (0.75 + 0.5 * this.chance()));
  }

  succeeded(): void {
    this.next = this.first;
  }
}

/** A promise's outcome, or a failure that says what took too long. */
export async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${Math.round(milliseconds) / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
