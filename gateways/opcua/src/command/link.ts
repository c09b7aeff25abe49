import type { ServerConfig } from '../config.ts';
import { Problem, wordsOf } from '../problem.ts';
import type { Report } from '../report.ts';
import { connect, type Connection } from '../server/connection.ts';
import type { RawSession } from '../server/services.ts';
import type { TrustStore } from '../server/trust.ts';
import { pause, within } from '../time.ts';

/** Sessions that a broken link leaves behind must not fill the device's few places for long. */
const sessionTimeout = 15_000;
const betweenLooks = 4_000;

/** Until when somebody waits for an answer. */
export class Deadline {
  private readonly end: number;
  private isLeft = false;

  constructor(milliseconds: number) {
    this.end = performance.now() + milliseconds;
  }

  get left(): number {
    return Math.max(0, this.end - performance.now());
  }

  /** Whoever asked has gone. */
  leave(): void {
    this.isLeft = true;
  }

  /** Throws when nobody waits any more: what would be begun now would be begun behind their back. */
  demand(): void {
    if (this.isLeft || this.left === 0) throw new Problem('Nobody waits for the answer any more', 'door', 'ask again');
  }
}

/**
 * The connection to the device, made when it is needed. After any failure it is closed, and the next use makes a new one: a late answer must not
 * be taken for the next one, and what node-opcua may have queued must not be sent later.
 */
export class Link {
  private current: Promise<Connection> | undefined;
  private session: RawSession | undefined;

  constructor(
    private readonly server: ServerConfig,
    private readonly trust: TrustStore,
    private readonly report: Report,
  ) {}

  /** Work that was not begun when the deadline is over is not begun. A {@link Problem} leaves the connection as it is. */
  async use<T>(deadline: Deadline, work: (session: RawSession) => Promise<T>): Promise<T> {
    const attempt = (this.current ??= this.open());
    let isConnected = false;
    const use = attempt.then(({ session }) => {
      isConnected = true;
      deadline.demand();
      return work(session);
    });
    try {
      return await within(deadline.left, 'the answer of the device', use);
    } catch (error) {
      // Connecting has a patience of its own.
      if (isConnected && !(error instanceof Problem)) this.drop(attempt);
      throw error;
    }
  }

  /** Throws when a session is none any more: what is sent over it might be sent later. */
  demand(session: RawSession): void {
    if (this.session !== session) throw new Error('the connection broke');
  }

  /** What was begun in a {@link use}, with a time of its own. */
  async finish<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
    const attempt = this.current;
    try {
      return await within(milliseconds, 'the answer of the device', work());
    } catch (error) {
      if (attempt !== undefined && !(error instanceof Problem)) this.drop(attempt);
      throw error;
    }
  }

  /** Keeps a connection, looking through it now and then, and says when it comes and goes. */
  async keep(stop: AbortSignal, look: (session: RawSession) => Promise<unknown>): Promise<void> {
    while (!stop.aborted) {
      try {
        await this.use(new Deadline(2 * sessionTimeout), look);
        this.report.sayServer(`connected to ${this.server.endpoint}`);
      } catch (error) {
        this.report.sayServer(error instanceof Problem ? error.toString() : `away: ${wordsOf(error)}`);
      }
      await pause(betweenLooks, stop);
    }
    const last = this.current;
    this.current = this.session = undefined;
    await last?.then((connection) => connection.close()).catch(() => undefined);
  }

  private open(): Promise<Connection> {
    const attempt = connect(this.server, this.trust, undefined, sessionTimeout);
    attempt.then(
      ({ session, lost }) => {
        if (this.current === attempt) this.session = session;
        return lost.then(() => this.drop(attempt));
      },
      () => this.drop(attempt),
    );
    return attempt;
  }

  private drop(attempt: Promise<Connection>): void {
    if (this.current !== attempt) return;
    this.current = this.session = undefined;
    attempt.then((connection) => connection.close()).catch(() => undefined);
  }
}
