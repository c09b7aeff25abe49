import { DataType, VariantArrayType, type DataValue, type StatusCode, type Variant } from 'node-opcua';

/**
 * A value in the non-reversible JSON of OPC UA Part 6, 5.4: what a reader needs who knows the type from the metadata.
 * 64-bit integers are texts, since JSON's readers round them; NaN and the infinities are texts, since JSON has none.
 */
export function variantToJson(variant: Variant): unknown {
  const { dataType, value } = variant;
  if (dataType === DataType.Null || value === null || value === undefined) return null;
  if (variant.arrayType === VariantArrayType.Scalar) return scalarToJson(dataType, value);
  if (dataType === DataType.ByteString && Buffer.isBuffer(value)) return value.toString('base64');
  const flat = Array.from(value as Iterable<unknown>, (entry) => scalarToJson(dataType, entry));
  return variant.arrayType === VariantArrayType.Matrix && variant.dimensions ? nest(flat, variant.dimensions) : flat;
}

/** A time to the 100 ns that OPC UA counts in; node-opcua gives what a Date cannot hold in picoseconds. */
export function timeToJson(time: Date, picoseconds = 0): string {
  const text = time.toISOString();
  const ticks = Math.floor(picoseconds / 100_000);
  return ticks === 0 ? text : `${text.slice(0, -1)}${String(ticks).padStart(4, '0')}Z`;
}

/** One field of a Payload. A good status is left out, as the standard has it. */
export function dataValueToJson(value: DataValue): Record<string, unknown> {
  const json: Record<string, unknown> = { Value: value.value ? variantToJson(value.value) : null };
  if (value.statusCode.value !== 0) json['StatusCode'] = value.statusCode.value;
  if (value.sourceTimestamp) json['SourceTimestamp'] = timeToJson(value.sourceTimestamp, value.sourcePicoseconds);
  else if (value.serverTimestamp) json['ServerTimestamp'] = timeToJson(value.serverTimestamp, value.serverPicoseconds);
  return json;
}

// Part 4, table 177: the InfoType says that these bits are about a data value; the Overflow bit that the queue was full.
const infoTypeDataValue = 0x400;
const overflow = 0x80;
const semanticsChanged = 0x4000;

/** The server dropped at least one value of this variable before this one. */
export function hasOverflowed(status: StatusCode): boolean {
  return (status.value & (infoTypeDataValue | overflow)) === (infoTypeDataValue | overflow);
}

/** What the variable means has changed: its unit, its range. */
export function hasChangedMeaning(status: StatusCode): boolean {
  return (status.value & semanticsChanged) !== 0;
}

function scalarToJson(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (type) {
    case DataType.Double:
    case DataType.Float:
      return floatToJson(value as number);
    case DataType.Int64:
      return wide(value as number[], true);
    case DataType.UInt64:
      return wide(value as number[], false);
    case DataType.DateTime:
      return timeToJson(value as Date);
    case DataType.ByteString:
      return (value as Buffer).toString('base64');
    case DataType.LocalizedText:
      return (value as { text: string | null }).text;
    case DataType.StatusCode:
      return (value as StatusCode).value;
    case DataType.NodeId:
    case DataType.ExpandedNodeId:
    case DataType.QualifiedName:
      return String(value);
    case DataType.Variant:
      return variantToJson(value as Variant);
    case DataType.DataValue:
      return dataValueToJson(value as DataValue);
    case DataType.DiagnosticInfo:
      return null;
    default:
      return value; // numbers of 32 bits and less, texts, booleans; a structure tells JSON.stringify its own fields
  }
}

function floatToJson(value: number): number | string {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

/** node-opcua gives 64 bits as two halves of 32, the high one first. */
function wide([high, low]: number[], isSigned: boolean): string {
  const bits = (BigInt(high! >>> 0) << 32n) | BigInt(low! >>> 0);
  return (isSigned ? BigInt.asIntN(64, bits) : bits).toString();
}

function nest(flat: unknown[], dimensions: readonly number[]): unknown[] {
  const [, ...inner] = dimensions;
  if (inner.length === 0) return flat;
  const size = inner.reduce((product, length) => product * length, 1);
  const rows: unknown[] = [];
  for (let at = 0; size > 0 && at < flat.length; at += size) rows.push(nest(flat.slice(at, at + size), inner));
  return rows;
}
