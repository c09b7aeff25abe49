/** A place in the spool: a segment and an offset within it. */
export interface Position {
  segment: number;
  offset: number;
}

export function compare(a: Position, b: Position): number {
  return a.segment - b.segment || a.offset - b.offset;
}

export function segmentName(segment: number): string {
  return `${String(segment).padStart(12, '0')}.spool`;
}

export function segmentNumber(file: string): number | undefined {
  const match = /^(\d{12})\.spool$/.exec(file);
  return match === null ? undefined : Number(match[1]);
}
