import { dirname, resolve } from 'node:path';
import { readServer, readNodeId, type Place } from '../config.ts';
import { ObjectReader } from '../config-reader.ts';
import { Problem } from '../problem.ts';
import { isKey } from './ledger.ts';
import type { Field } from './values.ts';

/** What may be commanded, and by whom. What does not stand here cannot be commanded. */
export interface CommandConfig extends Place {
  door: DoorConfig;
  instrument: { maker: string; model: string; serial: string; firmware: string };
  actions: ActionConfig[];
  /** Methods that stop what is no functional unit. */
  stop: MethodNode | undefined;
  emergencyStop: MethodNode | undefined;
}

export interface DoorConfig {
  /** The port of 127.0.0.1; 0 takes a free one. */
  port: number;
  token: string;
  /** Within which every request is answered, in milliseconds. */
  timeout: number;
}

export interface ActionConfig {
  name: string;
  title: string;
  text: string;
  parameters: Parameter[];
  results: Result[];
  target: ProgramConfig | MethodConfig;
}

export const sampleFields = ['ContainerId', 'SampleId', 'Position', 'CustomData'] as const;

export interface Parameter extends Field {
  /** The key of StartProgram's properties that it becomes. */
  property: string;
  /** Or the part of the one sample that it becomes. */
  sample: (typeof sampleFields)[number] | undefined;
}

export interface Result extends Field {
  /** Of a program, the browse name in the result's VariableSet; of a method, a node id; undefined for an output. */
  variable: string | undefined;
  /** How the server spells the unit in EngineeringUnits. */
  deviceUnit: string;
}

export interface ProgramConfig {
  kind: 'program';
  unit: string;
  template: string;
  job: string;
}

export interface MethodNode {
  object: string;
  method: string;
}

export interface MethodConfig extends MethodNode {
  kind: 'method';
  /** By place, the parameter that is passed, or `$key`. */
  inputs: string[];
  /** By place, the result that comes back; an empty text for one that is not wanted. */
  outputs: string[];
  state: StateVariable | undefined;
  /** A variable that holds the key of the last run. */
  lastKey: string | undefined;
  /** How long the method itself may take, in milliseconds. */
  mayTake: number;
}

export interface StateVariable {
  variable: string;
  idle: string[];
  busy: string[];
  fault: string[];
}

export const keyInput = '$key';
const mostFields = 200;

export function parseCommandConfig(json: unknown, file: string): CommandConfig {
  const root = ObjectReader.from(json, file, '');
  const door = root.object('door', readDoor);
  const config: CommandConfig = {
    dataFolder: resolve(dirname(file), root.text('dataFolder')),
    server: root.object('server', readServer),
    door,
    instrument: root.object('instrument', readInstrument),
    actions: root.list('actions', (value, path) => readAction(ObjectReader.from(value, file, path), door.timeout), mostFields),
    stop: root.optionalObject('stop', readMethodNode),
    emergencyStop: root.optionalObject('emergencyStop', readMethodNode),
  };
  root.finish();
  if (config.actions.length === 0) throw new Problem('actions is empty', file, 'name at least one action; what is not named cannot be commanded');
  refuseTwins(root, 'actions', config.actions);
  return config;
}

function readDoor(reader: ObjectReader): DoorConfig {
  const token = reader.secret('token');
  if (token === undefined || token.length < 16) throw reader.wrong('token', token === undefined ? undefined : '…', '{ "env": … } or { "file": … } with at least 16 characters');
  const door = { port: reader.whole('port', 0, 65_535), token, timeout: reader.number('timeout', 0.1, 600, 5) * 1000 };
  reader.finish();
  return door;
}

function readInstrument(reader: ObjectReader): CommandConfig['instrument'] {
  const instrument = { maker: reader.text('maker'), model: reader.text('model'), serial: reader.text('serial'), firmware: reader.text('firmware', '-') };
  reader.finish();
  return instrument;
}

function readAction(reader: ObjectReader, timeout: number): ActionConfig {
  const name = reader.text('name');
  if (!isKey(name)) throw reader.wrong('name', name, '1 to 64 letters, digits, dots, dashes or underscores');
  if (reader.has('program') === reader.has('method')) throw reader.wrong('program', undefined, 'either program (a LADS functional unit) or method');
  const target = reader.optionalObject('program', readProgram) ?? reader.object('method', (inner) => readMethod(inner, timeout));
  const action: ActionConfig = {
    name,
    title: reader.text('title', name),
    text: reader.text('text', '-'),
    target,
    parameters: reader.list('parameters', (value, path) => readParameter(ObjectReader.from(value, reader.file, path)), mostFields),
    results: reader.list('results', (value, path) => readResult(ObjectReader.from(value, reader.file, path), target), mostFields),
  };
  reader.finish();
  refuseTwins(reader, 'parameters', action.parameters);
  refuseTwins(reader, 'results', action.results);
  if (target.kind === 'method') checkPlaces(reader, action, target);
  return action;
}

function readProgram(reader: ObjectReader): ProgramConfig {
  const program: ProgramConfig = { kind: 'program', unit: readNodeId(reader, 'unit'), template: reader.text('template'), job: reader.text('job', 'dure') };
  reader.finish();
  return program;
}

function readMethod(reader: ObjectReader, timeout: number): MethodConfig {
  const method: MethodConfig = {
    kind: 'method',
    object: readNodeId(reader, 'object'),
    method: readNodeId(reader, 'method'),
    inputs: reader.texts('inputs'),
    outputs: reader.list('outputs', (value, path) => {
      if (typeof value !== 'string') throw new Problem(`${path} is no text`, reader.file, 'name a result, or "" for an output that is not wanted');
      return value;
    }),
    state: reader.optionalObject('state', readState),
    lastKey: reader.has('lastKey') ? readNodeId(reader, 'lastKey') : undefined,
    mayTake: reader.number('mayTake', 0.1, 86_400, timeout / 1000) * 1000,
  };
  reader.finish();
  if (method.lastKey !== undefined && (method.state === undefined || !method.inputs.includes(keyInput)))
    throw reader.wrong('lastKey', method.lastKey, `state and an input "${keyInput}" beside it: a device tells the key that it was told`);
  return method;
}

function readState(reader: ObjectReader): StateVariable {
  const state = { variable: readNodeId(reader, 'variable'), idle: reader.texts('idle'), busy: reader.texts('busy'), fault: reader.texts('fault') };
  reader.finish();
  if (state.idle.length === 0 || state.busy.length === 0) throw reader.wrong('idle', state.idle, 'the values of the variable that mean idle, and in busy those that mean busy');
  return state;
}

function readMethodNode(reader: ObjectReader): MethodNode {
  const node = { object: readNodeId(reader, 'object'), method: readNodeId(reader, 'method') };
  reader.finish();
  return node;
}

function readField(reader: ObjectReader, mustBeLimited: boolean): Field {
  const kind = reader.oneOf('kind', ['number', 'integer', 'text', 'flag'] as const, 'number');
  const isNumber = kind === 'number' || kind === 'integer';
  const largest = Number.MAX_VALUE;
  const field: Field = {
    name: reader.text('name'),
    kind,
    unit: isNumber ? (reader.optionalText('unit') ?? '') : '',
    // A number without limits would let anything through the door.
    low: isNumber ? reader.number('low', -largest, largest, mustBeLimited ? undefined : -largest) : -largest,
    high: isNumber ? reader.number('high', -largest, largest, mustBeLimited ? undefined : largest) : largest,
    choices: kind === 'text' ? reader.texts('choices') : [],
    maxLength: kind === 'text' ? reader.whole('maxLength', 1, 4096, 256) : 0,
  };
  if (!isKey(field.name) || field.name === '__proto__') throw reader.wrong('name', field.name, '1 to 64 letters, digits, dots, dashes or underscores');
  if (field.low > field.high) throw reader.wrong('low', field.low, `a number up to high, which is ${field.high}`);
  return field;
}

function readParameter(reader: ObjectReader): Parameter {
  const field = readField(reader, true);
  const sample = reader.has('sample') ? reader.oneOf('sample', sampleFields) : undefined;
  if (sample !== undefined && field.kind !== 'text') throw reader.wrong('kind', field.kind, 'text, since it names a part of the sample');
  const parameter = { ...field, sample, property: reader.text('property', field.name) };
  reader.finish();
  return parameter;
}

function readResult(reader: ObjectReader, target: ProgramConfig | MethodConfig): Result {
  const field = readField(reader, false);
  const isOutput = target.kind === 'method' && target.outputs.includes(field.name);
  const variable = target.kind === 'program' ? reader.text('variable', field.name) : isOutput ? undefined : readNodeId(reader, 'variable');
  const result = { ...field, variable, deviceUnit: reader.optionalText('deviceUnit') ?? field.unit };
  reader.finish();
  return result;
}

function checkPlaces(reader: ObjectReader, { parameters, results }: ActionConfig, { inputs, outputs }: MethodConfig): void {
  const passed = inputs.filter((input) => input !== keyInput);
  if (passed.length !== parameters.length || parameters.some(({ name }) => !passed.includes(name)))
    throw reader.wrong('method.inputs', inputs, `every parameter once, in the method's order: ${parameters.map(({ name }) => name).join(', ')}, and "${keyInput}" where it takes the key`);
  const stranger = outputs.find((output) => output !== '' && !results.some(({ name }) => name === output));
  if (stranger !== undefined) throw reader.wrong('method.outputs', stranger, 'names of results, or "" for an output that is not wanted');
}

function refuseTwins(reader: ObjectReader, where: string, named: { name: string }[]): void {
  const twin = named.find(({ name }, index) => named.findIndex((other) => other.name === name) !== index);
  if (twin !== undefined) throw reader.wrong(where, twin.name, 'each name once');
}
