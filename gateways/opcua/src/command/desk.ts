import { createHash } from 'node:crypto';
import { Problem, wordsOf } from '../problem.ts';
import type { Report } from '../report.ts';
import type { RawSession } from '../server/services.ts';
import type { ActionConfig, CommandConfig, MethodNode } from './config.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { Deadline, Link } from './link.ts';
import { callStop, MethodTarget } from './method.ts';
import { ProgramTarget } from './program.ts';
import { isRefusal, stateSoon, type Begun, type Standing, type State, type Target, type Wish } from './target.ts';
import { objectionTo } from './values.ts';

/** What is answered to a wish to begin. */
export type Answer = { kind: 'accepted' } | { kind: 'refused'; cause: string } | { kind: 'unknown'; cause: string };

interface Commanded {
  action: ActionConfig;
  target: Target;
}

/**
 * Decides what is sent to the device. A wish is checked, its key is looked up in the ledger and on the device, written down, and only then sent, once.
 * What came of a key that was sent is found out by asking, never by sending again.
 */
export class Desk {
  private readonly commanded = new Map<string, Commanded>();
  private readonly targets: Target[];
  /** Calls that are under way for longer than a request waits. */
  private readonly pending = new Set<string>();
  private turn: Promise<unknown> = Promise.resolve();
  /** How often a stop was asked for. */
  private stops = 0;

  constructor(
    private readonly config: CommandConfig,
    private readonly link: Link,
    private readonly ledger: Ledger,
    private readonly report: Report,
  ) {
    const units = new Map<string, ProgramTarget>();
    for (const action of config.actions) {
      const { target } = action;
      if (target.kind === 'method') {
        this.commanded.set(action.name, { action, target: new MethodTarget(target, action) });
        continue;
      }
      const unit = units.get(target.unit) ?? new ProgramTarget(target.unit, config.actions.filter((other) => other.target.kind === 'program' && other.target.unit === target.unit));
      units.set(target.unit, unit);
      this.commanded.set(action.name, { action, target: unit });
    }
    this.targets = [...new Set([...this.commanded.values()].map(({ target }) => target))];
  }

  /** Begins an action, if nobody has begun it under this key. */
  async begin(key: string, name: string, parameters: unknown, deadline: Deadline): Promise<Answer> {
    const commanded = this.commanded.get(name);
    if (commanded === undefined) return refused(`There is no action '${name.slice(0, 100)}'.`);
    const wish = checked(commanded.action, parameters);
    if (typeof wish === 'string') return refused(wish);
    const asked = fingerprint(name, commanded.action, wish);
    const stopsBefore = this.stops;
    return await this.inTurn(deadline, async () => {
      const entry = this.ledger.find(key);
      if (entry !== undefined) return await this.beginAgain(key, entry, asked, commanded, deadline);
      return await this.beginAnew(key, asked, commanded, wish, stopsBefore, deadline);
    });
  }

  /** What became of a key; undefined when nobody has been given it. */
  async standing(key: string, deadline: Deadline): Promise<{ action: string; standing: Exclude<Standing, undefined> } | undefined> {
    const entry = this.ledger.find(key);
    if (entry === undefined) return await this.standingOfStranger(key, deadline);
    const { action } = entry;
    if (entry.outcome !== undefined) return { action, standing: entry.outcome };
    if (entry.refused !== undefined) return undefined;
    if (this.pending.has(key)) return { action, standing: { status: 'running' } };
    const commanded = this.commanded.get(action);
    if (commanded === undefined) return { action, standing: unknown(`The configuration does not name the action '${action}' any more.`) };
    const standing = await this.link.use(deadline, async (session) => await commanded.target.standing(session, commanded.action, key, entry));
    if (standing === undefined) return { action, standing: unknown('The key was written down to be sent, and the device has no trace of it.') };
    // A result is kept: the device may forget it. One that cannot be used may be mended at the device, and is read again.
    if (standing.status === 'done') this.ledger.add(key, { outcome: standing });
    return { action, standing };
  }

  async state(deadline: Deadline): Promise<State> {
    if (this.pending.size > 0) return 'busy';
    return await this.link.use(deadline, (session) => this.look(session));
  }

  /** What the targets together are doing. */
  async look(session: RawSession): Promise<State> {
    const states = await Promise.all(this.targets.map((target) => target.state(session)));
    return (['fault', 'busy', 'unknown'] as const).find((state) => states.includes(state)) ?? 'idle';
  }

  /** Stops everything that can be stopped, and whatever was about to begin; whether all of it confirmed. */
  async stop(isEmergency: boolean, deadline: Deadline): Promise<boolean> {
    const { stop, emergencyStop } = this.config;
    const method = isEmergency ? (emergencyStop ?? stop) : stop;
    this.report.say(isEmergency ? 'emergency stop asked for' : 'stop asked for');
    this.stops++;
    return await this.link.use(deadline, async (session) => {
      // What is no functional unit is stopped by that method; without one it must be idle by itself.
      const own = method === undefined ? Promise.resolve(this.pending.size === 0) : this.stopMethods(session, method);
      const targets = this.targets.filter((target) => method === undefined || target instanceof ProgramTarget);
      const units = await Promise.all(targets.map(async (target) => ({ target, answer: await target.stop(session, isEmergency).catch(() => undefined) })));
      for (const { target, answer } of units) if (answer?.isConfirmed === true && answer.before !== 'idle') this.markStopped(target);
      return (await own) && units.every(({ answer }) => answer?.isConfirmed === true);
    });
  }

  private async stopMethods(session: RawSession, method: MethodNode): Promise<boolean> {
    const targets = this.targets.filter((target) => target instanceof MethodTarget);
    const before = await Promise.all(targets.map((target) => stateSoon(session, target)));
    const status = await callStop(session, method).catch(() => undefined);
    // Some refuse to stop what does not run.
    const isConfirmed = status !== undefined && (status.isGood() || (isRefusal(status) && before.every((state) => state === 'idle')));
    targets.forEach((target, index) => isConfirmed && before[index] !== 'idle' && this.markStopped(target));
    return isConfirmed;
  }

  private async beginAgain(key: string, entry: Readonly<Entry>, asked: string, { target }: Commanded, deadline: Deadline): Promise<Answer> {
    if (entry.asked !== asked) return refused('The key was given with another action or other values.');
    if (entry.refused !== undefined) return refused(entry.refused);
    if (entry.run !== undefined || entry.outcome !== undefined || this.pending.has(key)) return { kind: 'accepted' };
    const found = await this.link.use(deadline, (session) => target.find(session, key));
    if (found === undefined) return { kind: 'unknown', cause: 'The key was written down to be sent before; it is not sent again, and the device has no trace of it.' };
    this.ledger.add(key, { run: found.run });
    return { kind: 'accepted' };
  }

  private async beginAnew(key: string, asked: string, { action, target }: Commanded, wish: Wish, stopsBefore: number, deadline: Deadline): Promise<Answer> {
    if ([...this.pending].some((other) => this.ledger.find(other)?.action === action.name)) return refused('The device is busy with the same action.');
    const [session, found, send] = await this.link.use(deadline, async (session) => {
      const found = await target.find(session, key);
      return [session, found, found ?? (await target.prepare(session, action, key, wish))] as const;
    });
    if (found !== undefined && found.action?.name !== action.name) return refused('The device has the key for another action.');
    if (this.stops !== stopsBefore) return refused('A stop came before it could begin.');
    deadline.demand();
    this.link.demand(session);
    // From here to the sending nothing is waited for.
    try {
      this.ledger.claim(key, action.name, asked);
    } catch (error) {
      if (error instanceof Problem) return refused(wordsOf(error)); // nothing was sent
      throw error;
    }
    if (typeof send === 'function') return await this.send(key, action, send, deadline);
    this.report.say(`key ${key}: the device has it, though this ledger had not; it is not sent again`);
    this.ledger.add(key, { run: send.run });
    return { kind: 'accepted' };
  }

  /** Sends, and waits for the answer; longer than the request does where the configuration says that the method takes longer. */
  private async send(key: string, { target }: ActionConfig, send: () => Promise<Begun>, deadline: Deadline): Promise<Answer> {
    const mayGoOn = target.kind === 'method' && target.mayTake > this.config.door.timeout;
    this.pending.add(key);
    const answered = this.link
      .finish(mayGoOn ? target.mayTake : deadline.left, send)
      .catch((error: unknown): Begun => ({ kind: 'unknown', cause: wordsOf(error) }))
      .then((begun) => this.note(key, begun))
      .finally(() => this.pending.delete(key));
    if (!mayGoOn) return await answered;
    const soon = new Promise<Answer>((resolve) => setTimeout(() => resolve({ kind: 'accepted' }), Math.max(0, deadline.left - 100)));
    return await Promise.race([answered, soon]);
  }

  private note(key: string, begun: Begun): Answer {
    switch (begun.kind) {
      case 'accepted':
        this.report.say(`key ${key}: begun${begun.run === key ? '' : `; the device calls it ${begun.run}`}`);
        this.ledger.add(key, { run: begun.run, outputs: begun.outputs, ...(begun.outcome === undefined ? {} : { outcome: begun.outcome }) });
        return { kind: 'accepted' };
      case 'refused':
        this.ledger.add(key, { refused: begun.cause });
        return refused(begun.cause);
      case 'unknown':
        this.report.say(`key ${key}: ${begun.cause}; whether it was begun is not known`);
        return begun;
    }
  }

  /** A key that the ledger does not have; a ledger that was lost must not make a device's runs unknown. */
  private async standingOfStranger(key: string, deadline: Deadline): Promise<{ action: string; standing: Exclude<Standing, undefined> } | undefined> {
    return await this.link.use(deadline, async (session) => {
      for (const target of this.targets) {
        const found = await target.find(session, key);
        if (found === undefined) continue;
        if (found.action === undefined) return { action: '', standing: unknown('The device ran it by a program that the configuration does not name.') };
        const entry: Entry = { action: found.action.name, asked: '', run: found.run, outputs: {}, refused: undefined, wasStopped: false, outcome: undefined };
        const standing = await target.standing(session, found.action, key, entry);
        return { action: found.action.name, standing: standing ?? unknown('The device has lost it.') };
      }
      return undefined;
    });
  }

  /** The newest key of a target that had not ended: a device runs one at a time. */
  private markStopped(target: Target): void {
    const running = this.ledger.open().find(([, { action }]) => this.commanded.get(action)?.target === target);
    if (running !== undefined) this.ledger.add(running[0], { wasStopped: true });
  }

  /** One start at a time, so that none is decided on what another is about to change. */
  private inTurn<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(() => {
      deadline.demand();
      return work();
    });
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}

function checked({ parameters }: ActionConfig, given: unknown): Wish | string {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return 'The parameters are no object.';
  const stranger = Object.keys(given).find((name) => !parameters.some((parameter) => parameter.name === name));
  if (stranger !== undefined) return `The action has no parameter '${stranger.slice(0, 100)}'.`;
  for (const parameter of parameters) {
    if (!Object.hasOwn(given, parameter.name)) return `The parameter '${parameter.name}' is missing.`;
    const objection = objectionTo(parameter, (given as Record<string, unknown>)[parameter.name]);
    if (objection !== undefined) return `The parameter '${parameter.name}' ${objection}.`;
  }
  return given as Wish;
}

function fingerprint(name: string, { parameters }: ActionConfig, wish: Wish): string {
  return createHash('sha256').update(JSON.stringify([name, ...parameters.map((parameter) => [parameter.name, wish[parameter.name]!.value])])).digest('hex');
}

function refused(cause: string): Answer {
  return { kind: 'refused', cause };
}

function unknown(cause: string): { status: 'unknown'; cause: string } {
  return { status: 'unknown', cause };
}
