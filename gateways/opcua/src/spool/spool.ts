import { closeSync, copyFileSync, existsSync, fsync, fsyncSync, ftruncateSync, mkdirSync, openSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { SpoolConfig } from '../config.ts';
import type { Report } from '../report.ts';
import { Cursor } from './cursor.ts';
import { syncFolder, writeAll } from './files.ts';
import { encodeFrame, type Frame } from './frame.ts';
import { compare, segmentName, segmentNumber, type Position } from './position.ts';
import { scanSegment, SegmentReader } from './segment.ts';
import { Standing } from './standing.ts';

/** Writer 0 writes no data: such a frame, the first of each segment, holds the standing. */
const standingWriter = 0;

interface Segment {
  number: number;
  bytes: number;
  values: number;
}

/**
 * What is kept until the broker has it: files of frames, appended to at one end and forwarded from the other. A kill
 * loses nothing that `append` returned from; a power cut nothing that `durable` returned from. The bytes have a bound, and
 * what happens there is told.
 */
export class Spool {
  readonly standing = new Standing();
  readonly cursor: Cursor;
  private readonly segments: Segment[] = [];
  private readonly readers = new Map<number, SegmentReader>();
  private readonly segmentBytes: number;
  private file = -1;
  private syncedTo: Position = { segment: 0, offset: 0 };
  private syncing: Promise<void> | undefined;
  private closed = false;
  private readonly waiting = new Set<() => void>();
  subscriptionsInUse: ReadonlySet<number> | undefined;

  constructor(
    private readonly folder: string,
    private readonly config: SpoolConfig,
    private readonly report: Report,
  ) {
    mkdirSync(folder, { recursive: true });
    // Eight at least, so that dropping the oldest never drops a large part of what is kept.
    this.segmentBytes = Math.min(16 << 20, Math.floor(config.maxBytes / 8));
    this.recover();
    this.roll();
    this.cursor = Cursor.open(join(folder, 'cursor'), { segment: this.segments[0]!.number, offset: 0 });
    this.cursor.forget({ segment: this.segments[0]!.number, offset: 0 });
    this.skipEmpty();
    this.deleteForwarded();
  }

  get end(): Position {
    const last = this.segments.at(-1)!;
    return { segment: last.number, offset: last.bytes };
  }

  /** What has reached the disk, and may therefore be forwarded. */
  get durableEnd(): Position {
    return this.syncedTo;
  }

  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Bytes that the broker has not acknowledged yet. */
  get bytesWaiting(): number {
    return this.cursor.ranges.reduce((sum, range) => sum + this.distance(range.from, range.to ?? this.end), 0);
  }

  /**
   * Keeps a frame: after this call a kill of the process does not lose it. False when it was dropped, which happens only
   * at the bound or on a failing disk, and is counted and told either way.
   */
  append(frame: Frame): boolean {
    const bytes = encodeFrame(frame);
    if (!this.makeRoom(bytes.length)) {
      this.report.lost('spool-full', frame.head.values, `the spool holds its ${this.config.maxBytes} bytes; the newest values are dropped (whenFull is drop-newest)`);
      return this.dropped(frame);
    }
    const last = this.segments.at(-1)!;
    try {
      writeAll(this.file, bytes);
    } catch (error) {
      this.report.lost('disk', frame.head.values, `the spool cannot be written: ${(error as Error).message}`);
      // Half a frame must not stand before the next one.
      ftruncateSync(this.file, last.bytes);
      return this.dropped(frame);
    }
    last.bytes += bytes.length;
    last.values += frame.head.values;
    this.standing.apply(frame.head);
    return true;
  }

  /** Returns when everything appended so far is on the disk. Callers that come together share one fsync. */
  async durable(): Promise<void> {
    const wanted = this.end;
    while (compare(this.syncedTo, wanted) < 0 && !this.closed) {
      this.syncing ??= this.sync().finally(() => (this.syncing = undefined));
      await this.syncing;
    }
  }

  /** The frame at a position and the position after it; nothing where the durable part ends. */
  read(at: Position): { frame: Frame; next: Position } | undefined {
    let place = at;
    while (compare(place, this.syncedTo) < 0) {
      const index = this.segments.findIndex((segment) => segment.number === place.segment);
      const segment = this.segments[index];
      if (segment === undefined) return undefined;
      const end = segment.number === this.syncedTo.segment ? this.syncedTo.offset : segment.bytes;
      const found = place.offset < end ? this.reader(segment.number).read(place.offset, end) : undefined;
      if (found === undefined) {
        if (place.offset < end) this.report.lost('damage', 0, `${segmentName(segment.number)} cannot be read from byte ${place.offset}; the rest of it is skipped`);
        const following = this.segments[index + 1];
        if (following === undefined) return undefined;
        place = { segment: following.number, offset: 0 };
        continue;
      }
      const next = { segment: place.segment, offset: place.offset + found.length };
      if (found.frame.head.writer !== standingWriter) return { frame: found.frame, next };
      place = next;
    }
    return undefined;
  }

  /** Waits until something new is durable, or until told to stop. */
  changed(stop: AbortSignal): Promise<void> {
    if (stop.aborted || this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(done);
        stop.removeEventListener('abort', done);
        resolve();
      };
      this.waiting.add(done);
      stop.addEventListener('abort', done);
    });
  }

  /** Deletes the files that nobody needs any more. */
  deleteForwarded(): void {
    while (this.segments.length > 1 && this.segments[0]!.number < this.cursor.oldest.segment) this.deleteOldest();
  }

  close(): void {
    if (this.closed) return;
    fsyncSync(this.file);
    this.closed = true;
    closeSync(this.file);
    this.cursor.close();
    for (const reader of this.readers.values()) reader.close();
    this.wake();
  }

  /** Where only the standing is left to read, nothing waits. */
  private skipEmpty(): void {
    const { oldest, ranges } = this.cursor;
    const isRead = (segment: Segment) => segment.values === 0 || segment.number < oldest.segment || (segment.number === oldest.segment && segment.bytes <= oldest.offset);
    if (ranges.length === 1 && this.segments.every(isRead)) this.cursor.advance(ranges[0]!, this.end);
  }

  /** A frame that was dropped has used its numbers all the same: whoever receives sees that some are missing. */
  private dropped(frame: Frame): false {
    this.standing.apply(frame.head);
    return false;
  }

  private recover(): void {
    const numbers = readdirSync(this.folder).map(segmentNumber).filter((number) => number !== undefined);
    numbers.sort((a, b) => a - b);
    for (const number of numbers) {
      const path = join(this.folder, segmentName(number));
      const scan = scanSegment(path, (frame) => this.take(frame));
      if (scan.hasDamage) this.mend(path, scan.end, number === numbers.at(-1));
      this.segments.push({ number, bytes: scan.end, values: scan.values });
    }
  }

  private take(frame: Frame): void {
    if (frame.head.writer === standingWriter) this.standing.restore(frame.body);
    else this.standing.apply(frame.head);
  }

  /** Cuts off what is no frame. At the very end that is a write a power cut has torn, which nobody was told was kept. */
  private mend(path: string, end: number, isLast: boolean): void {
    const torn = statSync(path).size - end;
    if (isLast) {
      this.report.say(`the spool ended in ${torn} bytes of a frame that was never completed; they are cut off`);
    } else {
      let copy = `${path}.damaged`;
      for (let i = 2; existsSync(copy); i++) copy = `${path}.${i}.damaged`;
      copyFileSync(path, copy);
      this.report.lost('damage', 0, `${path} is damaged at byte ${end}; the ${torn} bytes after it are not forwarded (kept in ${copy})`);
    }
    truncateSync(path, end);
  }

  private async sync(): Promise<void> {
    const [file, upTo] = [this.file, this.end];
    try {
      await new Promise<void>((resolve, reject) => fsync(file, (error) => (error === null || error === undefined ? resolve() : reject(error))));
    } catch (error) {
      // A file that was rolled away meanwhile was synced when it was.
      if (file === this.file && !this.closed) {
        this.report.lost('disk', 0, `the disk does not confirm what was written: ${(error as Error).message}; it is not acknowledged to the server`);
        throw error;
      }
    }
    if (compare(this.syncedTo, upTo) < 0) this.syncedTo = upTo;
    this.wake();
  }

  private wake(): void {
    for (const waiter of [...this.waiting]) waiter();
  }

  private makeRoom(length: number): boolean {
    if (this.segments.at(-1)!.bytes + length > this.segmentBytes && this.segments.at(-1)!.values > 0) this.roll();
    while (this.bytes + length > this.config.maxBytes) {
      this.deleteForwarded();
      if (this.bytes + length <= this.config.maxBytes) break;
      if (this.config.whenFull === 'drop-newest' || this.segments.length === 1) return false;
      this.dropOldest();
    }
    return true;
  }

  private dropOldest(): void {
    const oldest = this.segments[0]!;
    const [start, end] = [{ segment: oldest.number, offset: 0 }, { segment: oldest.number + 1, offset: 0 }];
    if (compare(this.cursor.oldest, end) < 0) {
      // What the broker has of it already is not lost.
      const share = compare(this.cursor.oldest, start) <= 0 ? oldest.values : this.valuesAfter(oldest, this.cursor.oldest.offset);
      this.report.lost('spool-full', share, `the spool holds its ${this.config.maxBytes} bytes; the oldest values are dropped (whenFull is drop-oldest)`);
    }
    this.deleteOldest();
    this.cursor.forget({ segment: this.segments[0]!.number, offset: 0 });
  }

  private valuesAfter(segment: Segment, offset: number): number {
    let values = 0;
    scanSegment(join(this.folder, segmentName(segment.number)), (frame, start) => (values += start >= offset ? frame.head.values : 0));
    return values;
  }

  private deleteOldest(): void {
    const oldest = this.segments.shift()!;
    this.readers.get(oldest.number)?.close();
    this.readers.delete(oldest.number);
    rmSync(join(this.folder, segmentName(oldest.number)), { force: true });
  }

  /** Begins a new file, with the standing in front. */
  private roll(): void {
    const number = (this.segments.at(-1)?.number ?? 0) + 1;
    const file = openSync(join(this.folder, segmentName(number)), 'wx');
    if (this.subscriptionsInUse !== undefined) this.standing.keepOnly(this.subscriptionsInUse);
    const body = this.standing.toBuffer();
    const head = { writer: standingWriter, version: [0, 0] as [number, number], lengths: [], values: 0, nextSequence: 0, notification: undefined, received: 0 };
    const bytes = encodeFrame({ head, body });
    writeAll(file, bytes);
    // Both files and the folder that names them must be on the disk before anything counts on the new one.
    fsyncSync(file);
    if (this.file >= 0) {
      fsyncSync(this.file);
      closeSync(this.file);
    }
    syncFolder(this.folder);
    this.file = file;
    this.segments.push({ number, bytes: bytes.length, values: 0 });
    this.syncedTo = this.end;
  }

  private reader(segment: number): SegmentReader {
    let reader = this.readers.get(segment);
    if (reader === undefined) {
      reader = new SegmentReader(join(this.folder, segmentName(segment)));
      this.readers.set(segment, reader);
    }
    return reader;
  }

  private distance(from: Position, to: Position): number {
    const between = this.segments.filter((segment) => segment.number >= from.segment && segment.number < to.segment);
    return Math.max(0, between.reduce((sum, segment) => sum + segment.bytes, 0) + to.offset - from.offset);
  }
}
