import { browseAll, BrowseDirection, coerceNodeId, NodeClass, readNamespaceArray, type ClientSession, type ReferenceDescription } from 'node-opcua';
import type { BrowseConfig } from '../config.ts';
import { Problem } from '../problem.ts';

export interface Found {
  nodeId: string;
  /** The browse names from the root, with slashes between. */
  path: string;
  isVariable: boolean;
  children: Found[];
}

const mostNodes = 200_000;
const deepest = 32;
const hierarchical = 'ns=0;i=33';
const hasProperty = 46;

/** Everything below a node that can be reached by hierarchical references, each node once. */
export async function browseTree(session: ClientSession, rootId: string): Promise<Found> {
  const root: Found = { nodeId: rootId, path: '', isVariable: false, children: [] };
  const seen = new Set([rootId]);
  let level = [root];
  for (let depth = 0; level.length > 0 && depth < deepest; depth++) {
    const next: Found[] = [];
    for (let at = 0; at < level.length; at += 100) {
      const parents = level.slice(at, at + 100);
      const results = await browseAll(session, parents.map(({ nodeId }) => description(nodeId)));
      results.forEach((result, index) => {
        if (depth === 0 && result.statusCode.isNotGood())
          throw new Problem(`${rootId} cannot be browsed: ${result.statusCode.name}`, 'browse', 'check the node id of the root and the rights of the user');
        for (const child of children(parents[index]!, result.references ?? [], seen)) next.push(child);
      });
      if (seen.size > mostNodes) throw new Problem(`More than ${mostNodes} nodes are below ${rootId}`, 'browse', 'name a root further down');
    }
    level = next;
  }
  return root;
}

/** The variables of a tree whose path is included and not excluded. */
export function chosenVariables(root: Found, { include, exclude }: BrowseConfig): Found[] {
  const wanted = include.map(pathPattern);
  const unwanted = exclude.map(pathPattern);
  const chosen: Found[] = [];
  const visit = (found: Found): void => {
    const { path } = found;
    if (found.isVariable && (wanted.length === 0 || wanted.some((p) => p.test(path))) && !unwanted.some((p) => p.test(path))) chosen.push(found);
    found.children.forEach(visit);
  };
  visit(root);
  return chosen;
}

/** `*` stands for anything within a level, `**` for any number of levels. */
export function pathPattern(glob: string): RegExp {
  const parts = glob.split(/(\*\*\/|\*\*|\*)/).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`, 'su');
}

/** Node ids as the server counts its namespaces today: `nsu=` names one that a restart of the server may renumber. */
export async function nodeIdResolver(session: ClientSession): Promise<(id: string) => string> {
  const namespaces = await readNamespaceArray(session);
  return (id) => {
    const match = /^nsu=([^;]+);(.*)$/s.exec(id);
    if (match === null) return coerceNodeId(id).toString();
    const index = namespaces.indexOf(match[1]!);
    if (index < 0) throw new Problem(`The server has no namespace ${match[1]}`, id, `it has ${namespaces.join(', ')}`);
    return coerceNodeId(`ns=${index};${match[2]}`).toString();
  };
}

function description(nodeId: string) {
  return {
    nodeId,
    browseDirection: BrowseDirection.Forward,
    referenceTypeId: hierarchical,
    includeSubtypes: true,
    nodeClassMask: NodeClass.Object | NodeClass.Variable,
    resultMask: 0x3f,
  };
}

function children(parent: Found, references: ReferenceDescription[], seen: Set<string>): Found[] {
  for (const reference of references) {
    const nodeId = reference.nodeId.toString();
    // A property describes its node (a unit, a range); it is read as such, and is no signal of its own.
    const isProperty = reference.referenceTypeId.namespace === 0 && reference.referenceTypeId.value === hasProperty;
    if (isProperty || reference.nodeId.serverIndex || seen.has(nodeId)) continue;
    seen.add(nodeId);
    const name = (reference.browseName.name ?? nodeId).replaceAll('/', '_');
    const path = parent.path === '' ? name : `${parent.path}/${name}`;
    parent.children.push({ nodeId, path, isVariable: reference.nodeClass === NodeClass.Variable, children: [] });
  }
  return parent.children;
}
