import { setTimeout } from 'node:timers/promises';
import { CallMethodRequest, CallRequest, StatusCodes, type CallMethodResult, type CallResponse, type StatusCode } from 'node-opcua';
import { Problem } from '../problem.ts';
import type { RawSession } from '../server/services.ts';
import type { ActionConfig } from './config.ts';
import type { Entry, Outcome } from './ledger.ts';
import type { Value } from './values.ts';

export type State = 'idle' | 'busy' | 'fault' | 'unknown';

/** What became of a key; undefined when the device has no trace of it. */
export type Standing = Outcome | { status: 'running' } | { status: 'unknown'; cause: string } | undefined;

/** How the device took a call that begins something. */
export type Begun =
  | { kind: 'accepted'; run: string; outputs: Record<string, Value>; outcome: Outcome | undefined }
  | { kind: 'refused'; cause: string }
  | { kind: 'unknown'; cause: string };

export type Wish = Record<string, Value>;

/** Whatever can be begun, looked after and stopped: a functional unit or a method. */
export interface Target {
  /** What the device itself knows of a key that our ledger has no answer to; undefined: no trace. */
  find(session: RawSession, key: string): Promise<{ run: string; action: ActionConfig | undefined } | undefined>;

  /** Reads all that is needed to begin. What comes back sends the call, at once and once. */
  prepare(session: RawSession, action: ActionConfig, key: string, wish: Wish): Promise<() => Promise<Begun>>;

  standing(session: RawSession, action: ActionConfig, key: string, entry: Readonly<Entry>): Promise<Standing>;

  state(session: RawSession): Promise<State>;

  /** Stops it: what it did before, and whether it has stopped; undefined when it cannot be told to. */
  stop(session: RawSession, isEmergency: boolean): Promise<{ before: State; isConfirmed: boolean } | undefined>;
}

/** How long a call that begins or stops something may take to answer, in milliseconds; what it begins goes on after it. */
export const callPatience = 10_000;
const stopWaits = 100;

/** What a target does before it is stopped, which tells later whether the stop cut something off; but a stop does not wait long for that. */
export async function stateSoon(session: RawSession, target: Target): Promise<State> {
  return await Promise.race([target.state(session).catch((): State => 'unknown'), setTimeout(stopWaits, 'unknown' as const)]);
}

/** With these a server says that it has not begun (Part 4, 5.11.2.4, and what LADS and PackML servers answer in a wrong state). */
const refusals = new Set(
  [
    StatusCodes.BadInvalidState,
    StatusCodes.BadInvalidArgument,
    StatusCodes.BadArgumentsMissing,
    StatusCodes.BadTooManyArguments,
    StatusCodes.BadTypeMismatch,
    StatusCodes.BadOutOfRange,
    StatusCodes.BadUserAccessDenied,
    StatusCodes.BadNotExecutable,
    StatusCodes.BadMethodInvalid,
    StatusCodes.BadNodeIdInvalid,
    StatusCodes.BadNodeIdUnknown,
    StatusCodes.BadNotImplemented,
    StatusCodes.BadNotSupported,
  ].map(({ name }) => name),
);

export function isRefusal({ name }: StatusCode): boolean {
  return refusals.has(name);
}

interface Transacting {
  performMessageTransaction(request: CallRequest, answer: (error: Error | null, response?: CallResponse) => void): void;
}

/** One call, sent once. node-opcua's own `call` gives no way to say how long the answer may take. */
export function call(session: RawSession, options: { objectId: string; methodId: string; inputArguments: CallMethodRequest['inputArguments'] }, milliseconds: number): Promise<CallMethodResult> {
  const request = new CallRequest({ requestHeader: { timeoutHint: Math.ceil(milliseconds) }, methodsToCall: [new CallMethodRequest(options)] });
  return new Promise((resolve, reject) => {
    (session as unknown as Transacting).performMessageTransaction(request, (error, response) => {
      const result = response?.results?.[0];
      if (error) reject(error);
      else if (result === undefined) reject(new Problem('The server answered a call with nothing', options.methodId, 'look into its log'));
      else resolve(result);
    });
  });
}
