import { setTimeout } from 'node:timers/promises';
import { AttributeIds, DataType, NodeClass, resolveNodeId, Variant, VariantArrayType, type NodeId } from 'node-opcua';
import { OpaqueStructure } from 'node-opcua-extension-object';
import { Problem } from '../problem.ts';
import { nodeIdResolver } from '../server/browse.ts';
import type { RawSession } from '../server/services.ts';
import { sampleFields, type ActionConfig, type ProgramConfig } from './config.ts';
import type { Entry } from './ledger.ts';
import { childrenOf, follow, readValues } from './nodes.ts';
import { readResults } from './results.ts';
import { call, callPatience, isRefusal, stateSoon, type Begun, type Standing, type State, type Target, type Wish } from './target.ts';
import { plainOf } from './values.ts';

const ladsNamespace = 'http://opcfoundation.org/UA/LADS/';
/** The data types' numbers in the published node set, and the way from a type to its binary encoding. */
const keyValueType = 3003;
const sampleInfoType = 3002;
const encodingPath = '<HasEncoding>Default Binary';
const mostResults = 10_000;
const serverStart = 'ns=0;i=2257';

/** By the browse names of FunctionalStateMachineType's states. Running says more by the states within it. */
const states: Record<string, State> = { Stopped: 'idle', Stopping: 'busy', Clearing: 'busy', Running: 'busy', Aborting: 'fault', Aborted: 'fault' };
const idleWithinRunning = new Set(['Idle', 'Complete']);

/** The CurrentState of a state machine, and its Id where it has one. */
interface Machine {
  text: string;
  id: string | undefined;
}

/** Where things are on one server, as it counts its namespaces. */
interface Places {
  lads: number;
  machine: string;
  start: string;
  stop: string | undefined;
  abort: string | undefined;
  outer: Machine;
  inner: Machine | undefined;
  /** The names of states, by node. */
  names: Map<string, string>;
  results: string;
  activeRun: string | undefined;
  /** How the two structures of StartProgram's arguments are told apart on the wire. */
  keyValue: NodeId;
  sampleInfo: NodeId;
}

interface Found {
  nodeId: string;
  run: string;
}

/**
 * A functional unit of OPC UA LADS (OPC 30500-1): StartProgram begins, the key is the SupervisoryTaskId, and the ResultSet tells what became of it.
 * So a key can be looked up on the device, whatever was lost on the way.
 */
export class ProgramTarget implements Target {
  private readonly places = new WeakMap<RawSession, Promise<Places>>();
  /** By session and key: a result keeps its node and its task for as long as the server runs. */
  private readonly seen = new WeakMap<RawSession, { nodes: Set<string>; byKey: Map<string, Found> }>();

  constructor(
    private readonly unit: string,
    private readonly actions: ActionConfig[],
  ) {}

  async find(session: RawSession, key: string): Promise<{ run: string; action: ActionConfig | undefined } | undefined> {
    const found = await this.findResult(session, key);
    if (found === undefined) return undefined;
    if (this.actions.length === 1) return { run: found.run, action: this.actions[0] };
    const { lads } = await this.locate(session);
    const [place] = await follow(session, [{ from: found.nodeId, path: `/${lads}:ProgramTemplate/${lads}:DeviceTemplateId` }]);
    const [template] = place === undefined ? [] : await readValues(session, [place]);
    return { run: found.run, action: this.actions.find(({ target }) => (target as ProgramConfig).template === plainOf(template?.value)) };
  }

  async prepare(session: RawSession, { parameters, target }: ActionConfig, key: string, wish: Wish): Promise<() => Promise<Begun>> {
    const { template, job } = target as ProgramConfig;
    const places = await this.locate(session);
    const properties = parameters.filter(({ sample }) => sample === undefined).map(({ name, property }) => [property, String(wish[name]!.value)]);
    const parts = new Map(parameters.map(({ name, sample }) => [sample, wish[name]!.value as string]));
    const samples = sampleFields.some((field) => parts.has(field)) ? [sampleFields.map((field) => parts.get(field) ?? '')] : [];
    const inputArguments = [textVariant(template), structures(places.keyValue, properties), textVariant(job), textVariant(key), structures(places.sampleInfo, samples)];
    return () => this.start(session, places, inputArguments);
  }

  async standing(session: RawSession, { results }: ActionConfig, key: string, entry: Readonly<Entry>): Promise<Standing> {
    const places = await this.locate(session);
    const active = places.activeRun === undefined ? undefined : plainOf((await readValues(session, [places.activeRun]))[0]!.value);
    // Asked after the active run: a program that ended in between has its result by now.
    const found = await this.findResult(session, key);
    if (found === undefined) {
      const isActive = entry.run !== undefined && active === entry.run && (await this.state(session)) === 'busy';
      if (!isActive) return entry.wasStopped ? stopped : undefined;
      return { status: 'running' };
    }
    const [started, ended] = await this.times(session, places, found);
    if (ended === undefined) {
      if (entry.wasStopped) return stopped;
      const [begun] = await readValues(session, [serverStart]);
      const isCutOff = started !== undefined && begun!.value?.value instanceof Date && begun!.value.value > started;
      return isCutOff ? { status: 'unknown', cause: 'The device was started anew while it ran, and its result was never completed.' } : { status: 'running' };
    }
    if (entry.wasStopped) return stopped;
    return await this.results(session, places, found, results);
  }

  async state(session: RawSession): Promise<State> {
    return stateOf(await this.stateNames(session, await this.locate(session)));
  }

  async stop(session: RawSession, isEmergency: boolean): Promise<{ before: State; isConfirmed: boolean } | undefined> {
    const places = await this.locate(session);
    const methodId = isEmergency ? (places.abort ?? places.stop) : (places.stop ?? places.abort);
    if (methodId === undefined) return undefined;
    const before = await stateSoon(session, this);
    const { statusCode } = await call(session, { objectId: places.machine, methodId, inputArguments: [] }, callPatience);
    if (statusCode.isGood()) return { before, isConfirmed: await this.hasLeftRunning(session, places) };
    // Some refuse to stop what does not run.
    return { before, isConfirmed: isRefusal(statusCode) && before === 'idle' && (await this.state(session)) === 'idle' };
  }

  private async start(session: RawSession, { machine, start }: Places, inputArguments: Variant[]): Promise<Begun> {
    const { statusCode, outputArguments } = await call(session, { objectId: machine, methodId: start, inputArguments }, callPatience);
    if (statusCode.isGood()) {
      const run = plainOf(outputArguments?.[0]);
      return { kind: 'accepted', run: typeof run === 'string' ? run.slice(0, 256) : '', outputs: {}, outcome: undefined };
    }
    const cause = `The device answers StartProgram with ${statusCode.name}.`;
    return isRefusal(statusCode) ? { kind: 'refused', cause } : { kind: 'unknown', cause };
  }

  /** A device may take a moment between its answer and its state. */
  private async hasLeftRunning(session: RawSession, places: Places): Promise<boolean> {
    for (let looks = 0; looks < 20; looks++) {
      const [outer] = await this.stateNames(session, places);
      if (outer !== 'Running') return true;
      await setTimeout(50);
    }
    return false;
  }

  /** The browse names of the outer and the inner state, since their texts are in the server's own language; where a state has no id, its text. */
  private async stateNames(session: RawSession, { outer, inner, names }: Places): Promise<(string | undefined)[]> {
    const machines = inner === undefined ? [outer] : [outer, inner];
    const values = await readValues(session, machines.flatMap(({ text, id }) => [text, id ?? text]));
    return await Promise.all(
      machines.map(async (_, index) => {
        const [text, id] = [values[2 * index]!.value, values[2 * index + 1]!.value];
        if (id?.dataType !== DataType.NodeId || id.value === null || (id.value as NodeId).isEmpty()) return plainOf(text) as string | undefined;
        const state = String(id.value);
        const known = names.get(state);
        if (known !== undefined) return known;
        const read = await session.read({ nodeId: state, attributeId: AttributeIds.BrowseName });
        const name = (read.value?.value as { name?: string } | null)?.name;
        if (name !== undefined) names.set(state, name);
        return name;
      }),
    );
  }

  private async findResult(session: RawSession, key: string): Promise<Found | undefined> {
    const { lads, results } = await this.locate(session);
    const seen = this.seen.get(session) ?? { nodes: new Set<string>(), byKey: new Map<string, Found>() };
    this.seen.set(session, seen);
    const before = seen.byKey.get(key);
    if (before !== undefined) return before;
    const fresh = (await childrenOf(session, results, NodeClass.Object, mostResults)).map(({ nodeId }) => nodeId).filter((nodeId) => !seen.nodes.has(nodeId));
    const fields = await follow(session, fresh.flatMap((from) => [{ from, path: `/${lads}:SupervisoryTaskId` }, { from, path: `/${lads}:DeviceProgramRunId` }]));
    const known = fields.filter((field) => field !== undefined);
    const values = new Map((await readValues(session, known)).map(({ value }, index) => [known[index], plainOf(value)]));
    fresh.forEach((nodeId, index) => {
      const [task, run] = [values.get(fields[2 * index]), values.get(fields[2 * index + 1])];
      // A result that does not bear its task yet is looked at again.
      if (typeof task !== 'string' || task === '') return;
      seen.nodes.add(nodeId);
      seen.byKey.set(task, { nodeId, run: typeof run === 'string' ? run.slice(0, 256) : '' });
    });
    return seen.byKey.get(key);
  }

  private async times(session: RawSession, { lads }: Places, { nodeId }: Found): Promise<(Date | undefined)[]> {
    const places = await follow(session, ['Started', 'Stopped'].map((name) => ({ from: nodeId, path: `/${lads}:${name}` })));
    if (places.some((place) => place === undefined)) throw new Problem('A result lacks Started or Stopped', nodeId, 'the server is no LADS server; command it as a method');
    // A time that is not set is null, or the first that OPC UA can tell.
    return (await readValues(session, places as string[])).map(({ value }) => (value?.value instanceof Date && value.value.getUTCFullYear() > 1601 ? value.value : undefined));
  }

  private async results(session: RawSession, { lads }: Places, { nodeId }: Found, results: ActionConfig['results']): Promise<Standing> {
    const [set] = await follow(session, [{ from: nodeId, path: `/${lads}:VariableSet` }]);
    const variables = set === undefined ? [] : await childrenOf(session, set, NodeClass.Variable, mostResults);
    const twin = results.find(({ variable }) => variables.filter(({ name }) => name === variable).length > 1);
    if (twin !== undefined) return { status: 'failed', cause: `The device gave the result '${twin.name}' twice.` };
    return await readResults(session, results, ({ variable }) => variables.find(({ name }) => name === variable)?.nodeId, {});
  }

  private locate(session: RawSession): Promise<Places> {
    const known = this.places.get(session);
    if (known !== undefined) return known;
    const places = this.look(session);
    this.places.set(session, places);
    places.catch(() => this.places.delete(session));
    return places;
  }

  private async look(session: RawSession): Promise<Places> {
    const resolve = await nodeIdResolver(session);
    const lads = Number(/^ns=(\d+)/.exec(resolve(`nsu=${ladsNamespace};i=1003`))![1]);
    const unit = resolve(this.unit);
    const machine = `/${lads}:FunctionalUnitState`;
    const running = `${machine}/${lads}:RunningStateMachine`;
    const manager = `/${lads}:ProgramManager`;
    const [text, id, innerText, innerId, machineId, start, stop, abort, results, activeRun, keyValue, sampleInfo] = await follow(session, [
      { from: unit, path: `${machine}/0:CurrentState` },
      { from: unit, path: `${machine}/0:CurrentState.0:Id` },
      { from: unit, path: `${running}/0:CurrentState` },
      { from: unit, path: `${running}/0:CurrentState.0:Id` },
      { from: unit, path: machine },
      { from: unit, path: `${machine}/${lads}:StartProgram` },
      { from: unit, path: `${machine}/${lads}:Stop` },
      { from: unit, path: `${machine}/${lads}:Abort` },
      { from: unit, path: `${manager}/${lads}:ResultSet` },
      { from: unit, path: `${manager}/${lads}:ActiveProgram/${lads}:DeviceProgramRunId` },
      { from: `ns=${lads};i=${keyValueType}`, path: encodingPath },
      { from: `ns=${lads};i=${sampleInfoType}`, path: encodingPath },
    ]);
    if (text === undefined || machineId === undefined || start === undefined || results === undefined || keyValue === undefined || sampleInfo === undefined)
      throw new Problem(`${this.unit} is no functional unit with StartProgram and a ResultSet`, 'actions.program.unit', 'see what the server has with: dure-opcua browse');
    const inner = innerText === undefined ? undefined : { text: innerText, id: innerId };
    const [keyValueEncoding, sampleInfoEncoding] = [resolveNodeId(keyValue), resolveNodeId(sampleInfo)];
    return { lads, machine: machineId, start, stop, abort, outer: { text, id }, inner, names: new Map(), results, activeRun, keyValue: keyValueEncoding, sampleInfo: sampleInfoEncoding };
  }
}

function stateOf([outer, inner]: (string | undefined)[]): State {
  return outer === 'Running' && inner !== undefined && idleWithinRunning.has(inner) ? 'idle' : (states[outer ?? ''] ?? 'unknown');
}

const stopped: Standing = { status: 'failed', cause: 'It was stopped.' };

function textVariant(value: string): Variant {
  return new Variant({ dataType: DataType.String, value });
}

/**
 * Structures that hold nothing but texts, as KeyValueType and SampleInfoType do: each a length and UTF-8 (Part 6, 5.2.2.4). node-opcua would read the
 * definitions of all the server's types first, which takes a second.
 */
function structures(encoding: NodeId, values: string[][]): Variant {
  const value = values.map((texts) => new OpaqueStructure(encoding, Buffer.concat(texts.map(encodeText))));
  return new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value });
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(`\0\0\0\0${text}`, 'utf8');
  bytes.writeInt32LE(bytes.length - 4);
  return bytes;
}
