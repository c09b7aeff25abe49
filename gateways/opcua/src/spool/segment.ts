import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { decodeFrame, prefixBytes, type Frame } from './frame.ts';

/** What reading a segment from end to end found. */
export interface Scan {
  /** Where the last whole frame ends. */
  end: number;
  /** The file goes on after that, with bytes that are no frame. */
  hasDamage: boolean;
  values: number;
}

/** Reads the frames of a file one after another, with little of it in memory. */
export function scanSegment(path: string, visit: (frame: Frame, start: number) => void): Scan {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    const scan: Scan = { end: 0, hasDamage: false, values: 0 };
    let [buffer, at] = [readAt(file, 0, 1 << 20), 0];
    while (scan.end < size) {
      const found = decodeFrame(buffer, scan.end - at);
      if (found.is === 'whole') {
        visit(found.frame, scan.end);
        scan.end += found.length;
        scan.values += found.frame.head.values;
        continue;
      }
      // A frame that the file is too short for is as damaged as one with a wrong checksum.
      if (found.is === 'damaged' || scan.end + found.wanted > size) return { ...scan, hasDamage: true };
      [buffer, at] = [readAt(file, scan.end, Math.max(found.wanted, 1 << 20)), scan.end];
    }
    return scan;
  } finally {
    closeSync(file);
  }
}

/** Reads frames of one file, mostly one after another; it keeps the piece of the file it read last. */
export class SegmentReader {
  private readonly file: number;
  private buffer: Buffer = Buffer.alloc(0);
  private start = 0;

  constructor(path: string) {
    this.file = openSync(path, 'r');
  }

  /** The frame at an offset, or nothing where no whole one begins there before the end. */
  read(offset: number, end: number): { frame: Frame; length: number } | undefined {
    let wanted = prefixBytes;
    while (offset + wanted <= end) {
      if (offset < this.start || offset + wanted > this.start + this.buffer.length) {
        this.buffer = readAt(this.file, offset, Math.min(end - offset, Math.max(wanted, 64 << 10)));
        this.start = offset;
      }
      const found = decodeFrame(this.buffer, offset - this.start);
      if (found.is === 'whole') return found;
      if (found.is === 'damaged' || found.wanted <= wanted) return undefined;
      wanted = found.wanted;
    }
    return undefined;
  }

  close(): void {
    closeSync(this.file);
  }
}

function readAt(file: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(file, buffer, filled, length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}
