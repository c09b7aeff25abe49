import { DataType, Variant, VariantArrayType, type DataValue } from 'node-opcua';

export interface Field {
  name: string;
  kind: 'number' | 'integer' | 'text' | 'flag';
  /** The spelling in the contract, preferably UCUM; nothing is ever converted. */
  unit: string;
  low: number;
  high: number;
  choices: string[];
  maxLength: number;
}

export interface Value {
  value: number | string | boolean;
  unit?: string;
}

/** Why a value does not fit a field, or undefined when it does. */
export function objectionTo(field: Field, given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return 'is not { "value": …, "unit": … }';
  const { value, unit } = given as { value?: unknown; unit?: unknown };
  if (field.kind === 'flag') return typeof value === 'boolean' ? undefined : 'is not true or false';
  if (field.kind === 'text') return typeof value === 'string' ? objectionToText(field, value) : 'is not a text';
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'is not a finite number';
  if ((unit ?? '') !== field.unit) return `is in '${String(unit ?? '').slice(0, 40)}', expected is '${field.unit}'`;
  if (field.kind === 'integer' && !Number.isSafeInteger(value)) return `is ${value}, not a whole number`;
  return value < field.low || value > field.high ? `is ${value} ${field.unit}, outside ${field.low} to ${field.high}` : undefined;
}

function objectionToText({ maxLength, choices }: Field, text: string): string | undefined {
  if (text.length > maxLength) return `has ${text.length} characters, at most ${maxLength} are taken`;
  if (/\p{Cc}/u.test(text)) return 'has a control character';
  return choices.length > 0 && !choices.includes(text) ? `is none of ${choices.join(', ')}` : undefined;
}

/** A value that a server gave as a field's; what is wrong with it otherwise. */
export function readValue(field: Field, { statusCode, value }: Pick<DataValue, 'statusCode' | 'value'>): Value | string {
  if (statusCode.isNotGood()) return `has the status ${statusCode.name}`;
  const plain = plainOf(value);
  const read = field.kind === 'number' || field.kind === 'integer' ? { value: plain as number, unit: field.unit } : { value: plain as string | boolean };
  return objectionTo(field, read) ?? read;
}

/** A scalar as JSON has it: 64-bit whole numbers become numbers where these hold them exactly. */
export function plainOf(variant: Variant | null | undefined): unknown {
  if (variant === null || variant === undefined || variant.arrayType !== VariantArrayType.Scalar) return undefined;
  switch (variant.dataType) {
    case DataType.Int64:
      return (variant.value[0] | 0) * 2 ** 32 + variant.value[1];
    case DataType.UInt64:
      return variant.value[0] * 2 ** 32 + variant.value[1];
    case DataType.LocalizedText:
      return variant.value?.text ?? undefined;
    case DataType.Double:
    case DataType.Float:
    case DataType.SByte:
    case DataType.Byte:
    case DataType.Int16:
    case DataType.UInt16:
    case DataType.Int32:
    case DataType.UInt32:
    case DataType.String:
    case DataType.Boolean:
      return variant.value ?? undefined;
    default:
      return undefined;
  }
}

/** Number itself, and Duration: both take a Double (Part 5, annex A). */
const abstractOrDuration = new Set<number>([26, 290]);

const wholeRanges = new Map<DataType, readonly [low: number, high: number]>([
  [DataType.SByte, [-128, 127]],
  [DataType.Byte, [0, 255]],
  [DataType.Int16, [-32_768, 32_767]],
  [DataType.UInt16, [0, 65_535]],
  [DataType.Int32, [-(2 ** 31), 2 ** 31 - 1]],
  [DataType.UInt32, [0, 2 ** 32 - 1]],
]);

/** A value as the data type that a method's argument has; what is in the way otherwise. */
export function variantOf(value: Value['value'], dataType: DataType): Variant | string {
  if (dataType === DataType.String && typeof value === 'string') return new Variant({ dataType, value });
  if (dataType === DataType.Boolean && typeof value === 'boolean') return new Variant({ dataType, value });
  if (typeof value === 'number') {
    if (dataType === DataType.Double || abstractOrDuration.has(dataType)) return new Variant({ dataType: DataType.Double, value });
    if (dataType === DataType.Float) return Number.isFinite(Math.fround(value)) ? new Variant({ dataType, value }) : `${value} is too large for a Float`;
    const range = wholeRanges.get(dataType);
    if (range !== undefined) return Number.isInteger(value) && value >= range[0] && value <= range[1] ? new Variant({ dataType, value }) : `${value} is no ${DataType[dataType]}`;
  }
  return `the server takes ${DataType[dataType] ?? dataType}, not a ${typeof value}`;
}
