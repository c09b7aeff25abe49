import { createHash } from 'node:crypto';
import type { Deadband } from '../config.ts';

/** A variable that is watched, and what its server says of it. */
export interface Field {
  name: string;
  nodeId: string;
  /** Part 6's number of the built-in type on the wire; 24 (Variant) where the server leaves it open. */
  builtInType: number;
  /** The server's own type, as a node id. */
  dataType: string;
  valueRank: number;
  description: string;
  units: { namespaceUri: string; unitId: number; displayName: string; description: string } | undefined;
  range: { low: number; high: number } | undefined;
  deadband: Deadband | undefined;
}

/** FieldMetaData of Part 14, 6.2.3.2.4, in the reversible JSON that metadata is written in; what has its default is left out. */
export function fieldMetaData(field: Field): Record<string, unknown> {
  return {
    Name: field.name,
    ...(field.description === '' ? {} : { Description: { Text: field.description } }),
    BuiltInType: field.builtInType,
    DataType: nodeIdToJson(field.dataType),
    ValueRank: field.valueRank,
    DataSetFieldId: fieldId(field.nodeId),
    Properties: properties(field),
  };
}

function properties(field: Field): unknown[] {
  // The node id is no standard property; it tells a reader which variable of the server this is.
  const list: unknown[] = [{ Key: { Name: 'NodeId' }, Value: { Type: 12, Body: field.nodeId } }];
  const { units, range } = field;
  if (units !== undefined) {
    const body = { NamespaceUri: units.namespaceUri, UnitId: units.unitId, DisplayName: { Text: units.displayName }, Description: { Text: units.description } };
    list.push({ Key: { Name: 'EngineeringUnits' }, Value: { Type: 22, Body: { TypeId: { Id: 887 }, Body: body } } });
  }
  if (range !== undefined)
    list.push({ Key: { Name: 'EURange' }, Value: { Type: 22, Body: { TypeId: { Id: 884 }, Body: { Low: range.low, High: range.high } } } });
  return list;
}

/** The same variable has the same id in every version of the metadata, whatever it is called. */
function fieldId(nodeId: string): string {
  const hex = createHash('sha256').update(nodeId).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Part 6, 5.4.2.10: IdType is left out for numbers, Namespace for 0. */
function nodeIdToJson(text: string): Record<string, unknown> {
  const [, namespace, kind, id] = /^(?:ns=(\d+);)?([isgb])=(.*)$/s.exec(text) ?? [];
  const json: Record<string, unknown> = kind === 'i' ? { Id: Number(id) } : { IdType: 'isgb'.indexOf(kind ?? 's'), Id: id ?? text };
  if (namespace !== undefined && namespace !== '0') json['Namespace'] = Number(namespace);
  return json;
}
