import type { Place } from '../config.ts';
import { browseTree, nodeIdResolver, type Found } from '../server/browse.ts';
import { connect } from '../server/connection.ts';
import { describeVariables } from '../server/fields.ts';
import { TrustStore } from '../server/trust.ts';

interface Listed {
  path: string;
  nodeId: string;
  builtInType?: number;
  type?: string;
  units?: string;
  range?: { low: number; high: number };
  children: Listed[];
}

const typeNames = ['Null', 'Boolean', 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Float', 'Double', 'String', 'DateTime', 'Guid', 'ByteString', 'XmlElement', 'NodeId', 'ExpandedNodeId', 'StatusCode', 'QualifiedName', 'LocalizedText', 'ExtensionObject', 'DataValue', 'Variant', 'DiagnosticInfo'];

/** Shows what a server has, so that a person can choose. */
export async function browse(config: Place, root: string, asJson: boolean, write: (text: string) => void): Promise<void> {
  const trust = await new TrustStore(config.dataFolder).open();
  try {
    const connection = await connect(config.server, trust);
    try {
      const resolve = await nodeIdResolver(connection.session);
      const tree = await browseTree(connection.session, resolve(root));
      const variables = new Map<string, Found>();
      collect(tree, variables);
      const described = await describeVariables(connection.session, [...variables.keys()]);
      const known = new Map([...variables.keys()].map((nodeId, index) => [nodeId, described[index]] as const));
      const listed = list(tree, known);
      write(asJson ? `${JSON.stringify(listed, null, 2)}\n` : lines(listed, 0).join(''));
    } finally {
      await connection.close();
    }
  } finally {
    await trust.close();
  }
}

function collect(found: Found, variables: Map<string, Found>): void {
  if (found.isVariable) variables.set(found.nodeId, found);
  for (const child of found.children) collect(child, variables);
}

type Described = Awaited<ReturnType<typeof describeVariables>>[number];

function list(found: Found, known: Map<string, Described>): Listed {
  const described = known.get(found.nodeId);
  return {
    path: found.path,
    nodeId: found.nodeId,
    ...(described === undefined ? {} : { builtInType: described.builtInType, type: typeNames[described.builtInType] + (described.valueRank >= 1 ? '[]' : '') }),
    ...(described?.units === undefined ? {} : { units: described.units.displayName }),
    ...(described?.range === undefined ? {} : { range: described.range }),
    children: found.children.map((child) => list(child, known)),
  };
}

function lines(listed: Listed, depth: number): string[] {
  const name = listed.path === '' ? 'root' : listed.path.split('/').at(-1)!;
  const range = listed.range === undefined ? '' : ` ${listed.range.low} … ${listed.range.high}`;
  const details = listed.type === undefined ? '' : `  ${listed.type}${range}${listed.units === undefined ? '' : ` ${listed.units}`}`;
  return [`${'  '.repeat(depth)}${name}  [${listed.nodeId}]${details}\n`, ...listed.children.flatMap((child) => lines(child, depth + 1))];
}
