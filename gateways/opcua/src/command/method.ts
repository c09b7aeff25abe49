import { DataType, StatusCodes, Variant, type NodeId, type StatusCode } from 'node-opcua';
import { Problem } from '../problem.ts';
import { nodeIdResolver } from '../server/browse.ts';
import type { RawSession } from '../server/services.ts';
import { keyInput, type ActionConfig, type MethodConfig, type MethodNode } from './config.ts';
import type { Entry, Outcome } from './ledger.ts';
import { readValues } from './nodes.ts';
import { readResults } from './results.ts';
import { call, callPatience, isRefusal, type Begun, type Standing, type State, type Target, type Wish } from './target.ts';
import { plainOf, readValue, variantOf, type Value } from './values.ts';

/**
 * A method of any OPC UA server. Without a state variable the action ends when the method answers; with one it goes on until the variable says idle,
 * which must say busy before the method answers. A lost answer stays unknown unless a variable tells the key of the last run.
 */
export class MethodTarget implements Target {
  private readonly resolvers = new WeakMap<RawSession, Promise<(id: string) => string>>();

  constructor(
    private readonly method: MethodConfig,
    private readonly action: ActionConfig,
  ) {}

  async find(session: RawSession, key: string): Promise<{ run: string; action: ActionConfig } | undefined> {
    const { lastKey } = this.method;
    if (lastKey === undefined) return undefined;
    return plainOf(await this.read(session, lastKey)) === key ? { run: key, action: this.action } : undefined;
  }

  async prepare(session: RawSession, action: ActionConfig, key: string, wish: Wish): Promise<() => Promise<Begun>> {
    const state = await this.state(session);
    // Asking first spares a device that would queue or restart; nothing has been written down or sent yet.
    if (state === 'busy' || state === 'fault') return () => Promise.resolve({ kind: 'refused', cause: `The device says ${state}.` });
    const resolve = await this.resolver(session);
    const [objectId, methodId] = [resolve(this.method.object), resolve(this.method.method)];
    const types = ((await session.getArgumentDefinition(methodId)).inputArguments ?? []).map(({ dataType }) => dataType as NodeId);
    if (types.length !== this.method.inputs.length)
      throw new Problem(`The method takes ${types.length} arguments, and ${this.method.inputs.length} are named`, this.method.method, 'mend method.inputs');
    const inputArguments = this.method.inputs.map((input, index) => {
      const value = input === keyInput ? key : wish[input]!.value;
      const variant = variantOf(value, types[index]!.namespace === 0 ? (types[index]!.value as DataType) : DataType.Null);
      if (typeof variant === 'string') throw new Problem(`The input '${input}' cannot be passed: ${variant}`, this.method.method, 'mend its kind and its limits');
      return variant;
    });
    return () => this.send(session, action, key, objectId, methodId, inputArguments);
  }

  async standing(session: RawSession, { results }: ActionConfig, key: string, entry: Readonly<Entry>): Promise<Standing> {
    const { lastKey } = this.method;
    if (this.method.state === undefined || (lastKey === undefined && entry.run === undefined)) return undefined;
    if (lastKey !== undefined && plainOf(await this.read(session, lastKey)) !== key)
      return entry.run === undefined ? undefined : { status: 'unknown', cause: 'The device has run something else since.' };
    const state = await this.state(session);
    if (state === 'busy') return entry.wasStopped ? stopped : { status: 'running' };
    if (entry.wasStopped) return stopped;
    if (state === 'fault') return { status: 'failed', cause: 'The device says fault.' };
    if (state === 'unknown') return { status: 'unknown', cause: 'The device is in a state that the configuration does not name.' };
    const resolve = await this.resolver(session);
    return await readResults(session, results, ({ variable }) => (variable === undefined ? undefined : resolve(variable)), entry.outputs);
  }

  async state(session: RawSession): Promise<State> {
    const { state } = this.method;
    if (state === undefined) return 'idle';
    const value = String(plainOf(await this.read(session, state.variable)));
    return state.busy.includes(value) ? 'busy' : state.idle.includes(value) ? 'idle' : state.fault.includes(value) ? 'fault' : 'unknown';
  }

  /** A method has nothing to be stopped by; it has stopped when it says so. */
  async stop(session: RawSession): Promise<{ before: State; isConfirmed: boolean }> {
    const before = await this.state(session);
    return { before, isConfirmed: before === 'idle' };
  }

  private async send(session: RawSession, action: ActionConfig, key: string, objectId: string, methodId: string, inputArguments: Variant[]): Promise<Begun> {
    const { statusCode, outputArguments } = await call(session, { objectId, methodId, inputArguments }, this.method.mayTake);
    if (statusCode.isNotGood()) {
      const cause = `The device answers with ${statusCode.name}.`;
      return isRefusal(statusCode) ? { kind: 'refused', cause } : { kind: 'unknown', cause };
    }
    const outputs = this.outputs(action, outputArguments ?? []);
    if (typeof outputs === 'string') return { kind: 'accepted', run: key, outputs: {}, outcome: { status: 'failed', cause: outputs } };
    return { kind: 'accepted', run: key, outputs, outcome: this.method.state === undefined ? await this.ended(session, action, outputs) : undefined };
  }

  private outputs(action: ActionConfig, given: Variant[]): Record<string, Value> | string {
    const outputs: Record<string, Value> = {};
    for (const [index, name] of this.method.outputs.entries()) {
      const result = action.results.find((candidate) => candidate.name === name);
      if (result === undefined) continue;
      const value = given[index];
      if (value === undefined) return `The device gave no result '${name}'.`;
      const read = readValue(result, { statusCode: StatusCodes.Good, value });
      if (typeof read === 'string') return `The device's result '${name}' ${read}.`;
      outputs[name] = read;
    }
    return outputs;
  }

  private async ended(session: RawSession, { results }: ActionConfig, outputs: Record<string, Value>): Promise<Outcome> {
    const resolve = await this.resolver(session);
    return await readResults(session, results, ({ variable }) => (variable === undefined ? undefined : resolve(variable)), outputs);
  }

  private async read(session: RawSession, id: string): Promise<Variant> {
    const nodeId = (await this.resolver(session))(id);
    const { statusCode, value } = (await readValues(session, [nodeId]))[0]!;
    if (statusCode.isNotGood()) throw new Problem(`The variable cannot be read: ${statusCode.name}`, id, 'check the node id and the rights of the user');
    return value;
  }

  private resolver(session: RawSession): Promise<(id: string) => string> {
    const known = this.resolvers.get(session);
    if (known !== undefined) return known;
    const resolver = nodeIdResolver(session);
    this.resolvers.set(session, resolver);
    resolver.catch(() => this.resolvers.delete(session));
    return resolver;
  }
}

const stopped: Standing = { status: 'failed', cause: 'It was stopped.' };

/** Calls a method that stops something; its answer. */
export async function callStop(session: RawSession, { object, method }: MethodNode): Promise<StatusCode> {
  const resolve = await nodeIdResolver(session);
  return (await call(session, { objectId: resolve(object), methodId: resolve(method), inputArguments: [] }, callPatience)).statusCode;
}
