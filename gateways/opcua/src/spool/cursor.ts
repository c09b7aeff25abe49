import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { compare, type Position } from './position.ts';

/** A stretch of the spool that is still to be forwarded; the last one has no end. */
export interface Range {
  from: Position;
  to: Position | undefined;
}

/** More than this many outages at a time are not told apart: the live stream then waits for its turn. */
const mostRanges = 64;
const longestFile = 1 << 20;

/**
 * What is still to be forwarded. Each change is a line appended to a file, with its CRC-32 before it: a line is written
 * the moment the broker has acknowledged, and a kill between two lines costs a repetition, never a loss.
 */
export class Cursor {
  private file: number;
  private written = 0;

  private constructor(
    private readonly path: string,
    readonly ranges: Range[],
  ) {
    this.file = this.rewrite();
  }

  static open(path: string, start: Position): Cursor {
    return new Cursor(path, readLast(path) ?? [{ from: start, to: undefined }]);
  }

  /** The oldest place that is still needed. */
  get oldest(): Position {
    return this.ranges[0]!.from;
  }

  /** The broker has everything of a range up to here. */
  advance(range: Range, to: Position): void {
    range.from = to;
    this.removeDone();
    this.save();
  }

  /** What came until now becomes a range of its own, so that what comes from here on need not wait for it. */
  splitLive(at: Position): void {
    const last = this.ranges.at(-1)!;
    if (this.ranges.length >= mostRanges || compare(last.from, at) >= 0) return;
    last.to = at;
    this.ranges.push({ from: at, to: undefined });
    this.save();
  }

  /** Everything before this place is gone from the spool. */
  forget(before: Position): void {
    for (const range of this.ranges) if (compare(range.from, before) < 0) range.from = before;
    this.removeDone();
    this.save();
  }

  close(): void {
    closeSync(this.file);
  }

  private removeDone(): void {
    for (let i = this.ranges.length - 1; i >= 0; i--) {
      const { from, to } = this.ranges[i]!;
      if (to !== undefined && compare(from, to) >= 0) this.ranges.splice(i, 1);
    }
  }

  private save(): void {
    if (this.written > longestFile) {
      closeSync(this.file);
      this.file = this.rewrite();
    } else {
      this.written += writeSync(this.file, line(this.ranges));
    }
  }

  /** A new file beside the old one, put in its place in one step. */
  private rewrite(): number {
    const text = line(this.ranges);
    writeFileSync(`${this.path}.new`, text);
    renameSync(`${this.path}.new`, this.path);
    this.written = text.length;
    return openSync(this.path, 'a');
  }
}

function line(ranges: Range[]): string {
  const text = JSON.stringify(ranges);
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`;
}

/** The last whole line: the one before a line that a kill has torn. */
function readLast(path: string): Range[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  for (const candidate of text.split('\n').reverse()) {
    const json = candidate.slice(9);
    if (json.length > 0 && crc32(json) === parseInt(candidate.slice(0, 8), 16)) return JSON.parse(json) as Range[];
  }
  return undefined;
}
