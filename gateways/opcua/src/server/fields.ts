import { AttributeIds, coerceNodeId, DataType, findBasicDataType, makeBrowsePath, type ClientSession, type DataValue, type NodeId } from 'node-opcua';
import type { Deadband, GroupConfig } from '../config.ts';
import type { Field } from '../pubsub/field.ts';
import type { Report } from '../report.ts';
import { browseTree, chosenVariables, nodeIdResolver } from './browse.ts';

interface Wanted {
  nodeId: string;
  name: string | undefined;
  deadband: Deadband | undefined;
}

const chunk = 500;
const attributes = [AttributeIds.DataType, AttributeIds.ValueRank, AttributeIds.DisplayName, AttributeIds.Description];

/** The variables of a group, with the types, units and ranges that the server gives them. */
export async function findFields(session: ClientSession, group: GroupConfig, report: Report): Promise<Field[]> {
  const wanted = await findWanted(session, group);
  const described = await describeVariables(session, wanted.map(({ nodeId }) => nodeId));
  const fields: Field[] = [];
  described.forEach((found, index) => {
    const { nodeId, name, deadband } = wanted[index]!;
    if (found === undefined) report.say(`group ${group.name}: the server has no variable ${nodeId}; it is not watched`);
    else fields.push({ ...found, nodeId, name: name ?? found.name, deadband: deadband ?? group.deadband });
  });
  return tellApart(fields);
}

/** What the server says of variables; nothing for those it does not have. */
export async function describeVariables(session: ClientSession, nodeIds: string[]): Promise<(Omit<Field, 'nodeId' | 'deadband'> | undefined)[]> {
  const [read, properties] = [await readAttributes(session, nodeIds), await readProperties(session, nodeIds)];
  const basicTypes = new Map<string, DataType>();
  const described = [];
  for (const [index] of nodeIds.entries()) {
    const [type, rank, displayName, description] = read.slice(index * attributes.length, (index + 1) * attributes.length);
    if (type!.statusCode.isNotGood()) {
      described.push(undefined);
      continue;
    }
    const dataType = type!.value.value as NodeId;
    described.push({
      name: textOf(displayName) || nodeIds[index]!,
      builtInType: await builtInType(session, dataType, basicTypes),
      dataType: dataType.toString(),
      valueRank: rank!.statusCode.isGood() ? (rank!.value.value as number) : -1,
      description: textOf(description),
      ...properties[index]!,
    });
  }
  return described;
}

async function findWanted(session: ClientSession, group: GroupConfig): Promise<Wanted[]> {
  const resolve = await nodeIdResolver(session);
  const wanted = new Map<string, Wanted>();
  for (const browse of group.browse) {
    for (const { nodeId, path } of chosenVariables(await browseTree(session, resolve(browse.root)), browse))
      wanted.set(nodeId, { nodeId, name: path, deadband: undefined });
  }
  // A node that is named beats the same one found by browsing.
  for (const { id, name, deadband } of group.nodes) wanted.set(resolve(id), { nodeId: resolve(id), name, deadband });
  // In an order that does not depend on how a server lists its nodes: a subscription is taken up again by it.
  return [...wanted.values()].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
}

/** Two variables with one name, such as Temperature on two machines, are told apart by their node ids. */
function tellApart(fields: Field[]): Field[] {
  const uses = new Map<string, number>();
  for (const { name } of fields) uses.set(name, (uses.get(name) ?? 0) + 1);
  return fields.map((field) => (uses.get(field.name)! > 1 ? { ...field, name: `${field.name} (${field.nodeId})` } : field));
}

async function readAttributes(session: ClientSession, nodeIds: string[]): Promise<DataValue[]> {
  const wanted = nodeIds.flatMap((nodeId) => attributes.map((attributeId) => ({ nodeId, attributeId })));
  const values: DataValue[] = [];
  for (let at = 0; at < wanted.length; at += chunk) values.push(...(await session.read(wanted.slice(at, at + chunk))));
  return values;
}

async function readProperties(session: ClientSession, nodeIds: string[]): Promise<Pick<Field, 'units' | 'range'>[]> {
  const paths = nodeIds.flatMap((nodeId) => [makeBrowsePath(nodeId, '.EngineeringUnits'), makeBrowsePath(nodeId, '.EURange')]);
  const found: Pick<Field, 'units' | 'range'>[] = nodeIds.map(() => ({ units: undefined, range: undefined }));
  for (let at = 0; at < paths.length; at += chunk) {
    const results = await session.translateBrowsePath(paths.slice(at, at + chunk));
    const targets = results.flatMap((result, index) => {
      const nodeId = result.statusCode.isGood() ? result.targets?.[0]?.targetId : undefined;
      return nodeId === undefined ? [] : [{ index: at + index, nodeId: coerceNodeId(nodeId.toString()) }];
    });
    if (targets.length === 0) continue;
    const values = await session.read(targets.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })));
    values.forEach((value, i) => takeProperty(found[targets[i]!.index >> 1]!, value));
  }
  return found;
}

/** A property is recognised by what it holds: servers are known to give one the type of the other. */
function takeProperty(field: Pick<Field, 'units' | 'range'>, { statusCode, value }: DataValue): void {
  const body = statusCode.isGood() ? value?.value : undefined;
  if (typeof body !== 'object' || body === null) return;
  if (typeof body.unitId === 'number')
    field.units = { namespaceUri: body.namespaceUri ?? '', unitId: body.unitId, displayName: body.displayName?.text ?? '', description: body.description?.text ?? '' };
  else if (Number.isFinite(body.low) && Number.isFinite(body.high)) field.range = { low: body.low, high: body.high };
}

async function builtInType(session: ClientSession, dataType: NodeId, known: Map<string, DataType>): Promise<number> {
  const key = dataType.toString();
  let basic = known.get(key);
  if (basic === undefined) {
    // A type the server does not explain is taken as open; the values say what they are.
    basic = await findBasicDataType(session, dataType).catch(() => DataType.Variant);
    known.set(key, basic);
  }
  return basic === DataType.Null ? DataType.Variant : basic;
}

function textOf(value: DataValue | undefined): string {
  return value?.statusCode.isGood() ? (value.value.value?.text ?? '') : '';
}
