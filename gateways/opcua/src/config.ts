import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ObjectReader } from './config-reader.ts';
import { Problem } from './problem.ts';

export const securityModes = ['None', 'Sign', 'SignAndEncrypt'] as const;
/** The policies that the OPC Foundation has not withdrawn; the older ones rest on SHA-1 and are left out on purpose. */
export const securityPolicies = ['None', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const;

/** A server, and where its certificates and our own are kept. */
export interface Place {
  dataFolder: string;
  server: ServerConfig;
}

/** The data folder also holds the spool, and what is known of the subscriptions. */
export interface Config extends Place {
  /** Who speaks: the PublisherId of every message. */
  publisherId: string;
  groups: GroupConfig[];
  spool: SpoolConfig;
  broker: BrokerConfig;
  /** The port of 127.0.0.1 that answers /status, if any; 0 takes a free one. */
  statusPort: number | undefined;
}

export interface ServerConfig {
  endpoint: string;
  securityMode: (typeof securityModes)[number];
  securityPolicy: (typeof securityPolicies)[number];
  user: { name: string; password: string } | undefined;
}

/** Variables that are watched alike: one subscription, and one DataSetWriter. */
export interface GroupConfig {
  name: string;
  writerId: number;
  publishingInterval: number;
  samplingInterval: number;
  /** How many values the server keeps for us per variable while we are away. */
  queueSize: number;
  /** How long the server keeps the subscription while we are away, in seconds. */
  keepFor: number;
  deadband: Deadband | undefined;
  nodes: NodeConfig[];
  browse: BrowseConfig[];
}

export interface Deadband {
  kind: 'absolute' | 'percent';
  value: number;
}

export interface NodeConfig {
  id: string;
  name: string | undefined;
  deadband: Deadband | undefined;
}

export interface BrowseConfig {
  root: string;
  include: string[];
  exclude: string[];
}

export interface SpoolConfig {
  maxBytes: number;
  whenFull: 'drop-oldest' | 'drop-newest';
}

export interface BrokerConfig {
  url: string;
  version: '5.0' | '3.1.1';
  clientId: string;
  topicPrefix: string;
  user: string | undefined;
  password: string | undefined;
  caFile: string | undefined;
  certificateFile: string | undefined;
  keyFile: string | undefined;
  /** The largest message with values; a broker that announces less is obeyed. */
  maxMessageBytes: number;
  /** How many messages wait for their PUBACK at a time. */
  window: number;
  replay: { order: 'oldest-first' | 'live-first'; messagesPerSecond: number };
}

export function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem(`The configuration cannot be read (${(error as Error).message})`, file, 'name a file with --config');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(`The configuration is not JSON: ${(error as Error).message}`, file, 'mend the place named; JSON has no comments and no comma before a closing bracket');
  }
}

/** Checks a configuration; the first thing wrong is a {@link Problem} that names the field and the mend. */
export function parseConfig(json: unknown, file: string): Config {
  const root = ObjectReader.from(json, file, '');
  const publisherId = root.text('publisherId');
  if (!/^[\p{L}\p{N}._-]{1,100}$/u.test(publisherId))
    throw root.wrong('publisherId', publisherId, 'up to 100 letters, digits, dots, dashes and underscores (it becomes a level of the topic)');
  const config: Config = {
    publisherId,
    dataFolder: resolve(dirname(file), root.text('dataFolder')),
    server: root.object('server', readServer),
    groups: root.list('groups', (value, path) => readGroup(ObjectReader.from(value, file, path), path), 1000),
    spool: root.object('spool', readSpool),
    broker: root.object('broker', (inner) => readBroker(inner, publisherId)),
    statusPort: root.has('statusPort') ? root.whole('statusPort', 0, 65_535) : undefined,
  };
  root.finish();
  checkGroups(config.groups, file);
  return config;
}

export function readServer(reader: ObjectReader): ServerConfig {
  const endpoint = reader.text('endpoint');
  if (!/^opc\.tcp:\/\/[^/\s]+/.test(endpoint)) throw reader.wrong('endpoint', endpoint, 'an address such as opc.tcp://host:4840');
  const server: ServerConfig = {
    endpoint,
    securityMode: reader.oneOf('securityMode', securityModes, 'SignAndEncrypt'),
    securityPolicy: reader.oneOf('securityPolicy', securityPolicies, reader.has('securityMode') ? undefined : 'Basic256Sha256'),
    user: reader.optionalObject('user', readUser),
  };
  reader.finish();
  if ((server.securityMode === 'None') !== (server.securityPolicy === 'None'))
    throw reader.wrong('securityPolicy', server.securityPolicy, `a policy that goes with securityMode ${server.securityMode}: None and None, or neither`);
  if (server.securityMode === 'None' && server.user !== undefined)
    throw reader.wrong('securityMode', 'None', 'Sign or SignAndEncrypt: a password is not sent to a server that has not shown who it is');
  return server;
}

function readUser(reader: ObjectReader): { name: string; password: string } {
  const name = reader.text('name');
  const password = reader.secret('password');
  if (password === undefined) throw reader.wrong('password', undefined, '{ "env": … } or { "file": … }');
  reader.finish();
  return { name, password };
}

function readGroup(reader: ObjectReader, path: string): GroupConfig {
  const publishingInterval = reader.number('publishingInterval', 10, 3_600_000, 1000);
  const samplingInterval = reader.number('samplingInterval', 0, 3_600_000, publishingInterval);
  const index = Number(/\[(\d+)\]$/.exec(path)![1]);
  const group: GroupConfig = {
    name: reader.text('name'),
    writerId: reader.whole('writerId', 1, 65_535, index + 1),
    publishingInterval,
    samplingInterval,
    // Deep enough for a minute away; a server gives what it can, and says so (the revised size is reported).
    queueSize: reader.whole('queueSize', 1, 1_000_000, Math.min(10_000, Math.max(10, Math.ceil(60_000 / Math.max(samplingInterval, 10))))),
    keepFor: reader.number('keepFor', 10, 86_400, 600),
    deadband: reader.optionalObject('deadband', readDeadband),
    nodes: reader.list('nodes', (value, at) => readNode(value, reader, at)),
    browse: reader.list('browse', (value, at) => readBrowse(reader, value, at)),
  };
  if (!/^[^/+#\u0000]{1,100}$/.test(group.name))
    throw reader.wrong('name', group.name, 'up to 100 characters without / + # (it becomes a level of the topic)');
  reader.finish();
  return group;
}

function readDeadband(reader: ObjectReader): Deadband {
  const kind = reader.oneOf('kind', ['absolute', 'percent'] as const);
  const value = reader.number('value', 0, kind === 'percent' ? 100 : Number.MAX_VALUE);
  reader.finish();
  return { kind, value };
}

function readNode(value: unknown, group: ObjectReader, path: string): NodeConfig {
  if (typeof value === 'string') value = { id: value };
  const reader = ObjectReader.from(value, group.file, path);
  const node = { id: readNodeId(reader, 'id'), name: reader.optionalText('name'), deadband: reader.optionalObject('deadband', readDeadband) };
  reader.finish();
  return node;
}

function readBrowse(group: ObjectReader, value: unknown, path: string): BrowseConfig {
  const reader = ObjectReader.from(value, group.file, path);
  const browse = { root: readNodeId(reader, 'root'), include: reader.texts('include'), exclude: reader.texts('exclude') };
  reader.finish();
  return browse;
}

/** Part 6, 5.3.1.10: ns= or nsu= and one of i, s, g, b. nsu= is followed when the server's namespace table is known. */
export function readNodeId(reader: ObjectReader, name: string): string {
  const id = reader.text(name);
  if (!/^(?:ns=\d{1,5};|nsu=[^;]+;)?(?:i=\d{1,10}|s=.+|g=[0-9a-fA-F-]{36}|b=[A-Za-z0-9+/]+=*)$/s.test(id))
    throw reader.wrong(name, id, 'a node id such as ns=2;s=Press1.Temperature, nsu=http://maker/press;i=1001 or i=85');
  return id;
}

function readSpool(reader: ObjectReader): SpoolConfig {
  const spool: SpoolConfig = {
    maxBytes: reader.whole('maxBytes', 1 << 20, 2 ** 40, 1 << 30),
    whenFull: reader.oneOf('whenFull', ['drop-oldest', 'drop-newest'] as const, 'drop-oldest'),
  };
  reader.finish();
  return spool;
}

function readBroker(reader: ObjectReader, publisherId: string): BrokerConfig {
  const url = reader.text('url');
  if (!/^(?:mqtts?|wss?):\/\/[^/@\s]+(?:\/\S*)?$/.test(url))
    throw reader.wrong('url', url, 'mqtt://host:1883 or mqtts://host:8883; the user and password have fields of their own');
  const broker: BrokerConfig = {
    url,
    version: reader.oneOf('version', ['5.0', '3.1.1'] as const, '5.0'),
    clientId: reader.text('clientId', `dure-opcua-${publisherId}`),
    topicPrefix: reader.text('topicPrefix', 'opcua'),
    user: reader.optionalText('user'),
    password: reader.secret('password'),
    caFile: reader.optionalText('caFile'),
    certificateFile: reader.optionalText('certificateFile'),
    keyFile: reader.optionalText('keyFile'),
    maxMessageBytes: reader.whole('maxMessageBytes', 4096, 16 << 20, 256 * 1024),
    window: reader.whole('window', 1, 1000, 16),
    replay: reader.object('replay', readReplay),
  };
  if (/[+#\u0000]/.test(broker.topicPrefix)) throw reader.wrong('topicPrefix', broker.topicPrefix, 'a topic without + and #');
  reader.finish();
  return broker;
}

function readReplay(reader: ObjectReader): BrokerConfig['replay'] {
  const replay = {
    order: reader.oneOf('order', ['oldest-first', 'live-first'] as const, 'oldest-first'),
    messagesPerSecond: reader.number('messagesPerSecond', 0.1, 100_000, 100),
  };
  reader.finish();
  return replay;
}

function checkGroups(groups: GroupConfig[], file: string): void {
  if (groups.length === 0) throw new Problem('groups is empty', file, 'give at least one group with nodes or browse');
  groups.forEach((group, index) => {
    const twin = groups.findIndex((other) => other.name === group.name || other.writerId === group.writerId);
    if (twin !== index)
      throw new Problem(`groups[${index}] has the name or writerId of groups[${twin}]`, file, 'give each group its own name and its own writerId');
    if (group.nodes.length + group.browse.length === 0)
      throw new Problem(`groups[${index}] watches nothing`, file, 'give it nodes, or browse roots');
  });
}
