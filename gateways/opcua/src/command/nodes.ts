import { AttributeIds, BrowseDirection, browseAll, makeBrowsePath, NodeClass, type DataValue } from 'node-opcua';
import { Problem } from '../problem.ts';
import type { RawSession } from '../server/services.ts';

/** A child as a browse finds it. */
export interface Child {
  nodeId: string;
  name: string;
}

/** Follows browse paths such as `/4:ProgramManager/4:ResultSet`; undefined where one leads nowhere. */
export async function follow(session: RawSession, paths: { from: string; path: string }[]): Promise<(string | undefined)[]> {
  if (paths.length === 0) return [];
  const results = await session.translateBrowsePath(paths.map(({ from, path }) => makeBrowsePath(from, path)));
  return results.map(({ statusCode, targets }) => (statusCode.isGood() ? targets?.[0]?.targetId.toString() : undefined));
}

export async function childrenOf(session: RawSession, nodeId: string, nodeClassMask: NodeClass, most: number): Promise<Child[]> {
  const description = { nodeId, browseDirection: BrowseDirection.Forward, referenceTypeId: 'ns=0;i=33', includeSubtypes: true, nodeClassMask, resultMask: 0x3f };
  const [result] = await browseAll(session, [description]);
  if (result === undefined || result.statusCode.isNotGood()) throw new Problem(`${nodeId} cannot be browsed: ${result?.statusCode.name}`, nodeId, 'check the rights of the user');
  const references = result.references ?? [];
  if (references.length > most) throw new Problem(`${nodeId} has more than ${most} members`, nodeId, 'remove old results at the device');
  return references.map((reference) => ({ nodeId: reference.nodeId.toString(), name: reference.browseName.name ?? '' }));
}

/** Values of variables, as many as are asked for. */
export async function readValues(session: RawSession, nodeIds: string[]): Promise<DataValue[]> {
  return nodeIds.length === 0 ? [] : await session.read(nodeIds.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })));
}

/** What the variables' EngineeringUnits say; undefined for one that has none. */
export async function readUnits(session: RawSession, nodeIds: string[]): Promise<(string | undefined)[]> {
  const places = await follow(session, nodeIds.map((from) => ({ from, path: '.EngineeringUnits' })));
  const found = places.filter((place) => place !== undefined);
  const values = await readValues(session, found);
  const units = new Map(found.map((place, index) => [place, (values[index]!.value?.value as { displayName?: { text?: string | null } } | null)?.displayName?.text ?? undefined]));
  return places.map((place) => (place === undefined ? undefined : units.get(place)));
}
