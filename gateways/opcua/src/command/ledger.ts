import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Problem, wordsOf } from '../problem.ts';
import { syncFolder, writeAll } from '../spool/files.ts';
import type { Value } from './values.ts';

/** How an action ended. */
export type Outcome = { status: 'done'; results: Record<string, Value> } | { status: 'failed'; cause: string };

/** A key that was given to the device. */
export interface Entry {
  action: string;
  /** What was asked, so that a key cannot come back with another wish. */
  asked: string;
  /** The device's own name of the run; undefined while its answer has not come. */
  run: string | undefined;
  /** The outputs of a method that goes on after it has answered. */
  outputs: Record<string, Value>;
  refused: string | undefined;
  wasStopped: boolean;
  outcome: Outcome | undefined;
}

type Line = { key: string } & Partial<Entry>;

/** 1 to 64 letters, digits, dots, dashes or underscores. */
export function isKey(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,64}$/.test(text) && text !== '.' && text !== '..';
}

/**
 * Which keys were given to the device, in a file that survives a crash: a claim is on the disk before the call is sent, and a key that has a
 * claim is never sent again. A line is a JSON object; later lines of a key add to it. A last line that a crash cut off is dropped: what it would
 * have allowed has not happened.
 */
export class Ledger {
  private readonly entries = new Map<string, Entry>();
  private readonly file: number;
  private size: number;
  private broken: string | undefined;

  constructor(private readonly path: string) {
    const isNew = !existsSync(path);
    this.file = openSync(path, 'a+', 0o600);
    const text = readFileSync(path);
    this.size = text.lastIndexOf(0x0a) + 1;
    if (this.size < text.length) ftruncateSync(this.file, this.size);
    if (isNew) syncFolder(dirname(path));
    text.subarray(0, this.size).toString('utf8').split('\n').slice(0, -1).forEach((line, index) => this.take(this.parse(line, index + 1)));
  }

  find(key: string): Readonly<Entry> | undefined {
    return this.entries.get(key);
  }

  /** The keys whose end is not known, newest first. */
  open(): [key: string, entry: Readonly<Entry>][] {
    return [...this.entries].filter(([, entry]) => entry.outcome === undefined && entry.refused === undefined).reverse();
  }

  /** On disk when it returns. Throws a {@link Problem} when that does not work; then nothing may be sent. */
  claim(key: string, action: string, asked: string): void {
    if (this.entries.has(key)) throw new Error(`the key ${key} was claimed before`);
    this.write({ key, action, asked });
  }

  add(key: string, more: Partial<Pick<Entry, 'run' | 'outputs' | 'refused' | 'wasStopped' | 'outcome'>>): void {
    this.write({ key, ...more });
  }

  close(): void {
    closeSync(this.file);
  }

  private write(line: Line): void {
    if (this.broken !== undefined) throw this.unwritable(this.broken);
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      writeAll(this.file, bytes);
      fsyncSync(this.file);
    } catch (error) {
      this.withdraw(error);
      throw this.unwritable(wordsOf(error));
    }
    this.size += bytes.length;
    this.take(line);
  }

  /** Half a line must not spoil the next; where it cannot be taken back, nothing more is written. */
  private withdraw(error: unknown): void {
    try {
      ftruncateSync(this.file, this.size);
      fsyncSync(this.file);
    } catch {
      this.broken = wordsOf(error);
    }
  }

  private unwritable(why: string): Problem {
    return new Problem(`The key cannot be written down: ${why}`, this.path, 'make room on the disk, and restart the gateway if it goes on');
  }

  private take({ key, ...more }: Line): void {
    const entry = this.entries.get(key);
    if (entry !== undefined) Object.assign(entry, more);
    else this.entries.set(key, { action: more.action!, asked: more.asked!, run: undefined, outputs: {}, refused: undefined, wasStopped: false, outcome: undefined, ...more });
  }

  private parse(text: string, number: number): Line {
    try {
      const line = JSON.parse(text) as Line;
      if (isKey(line.key) && (this.entries.has(line.key) || (typeof line.action === 'string' && typeof line.asked === 'string'))) return line;
    } catch {
      // told below
    }
    throw new Problem(`Line ${number} is none of this ledger's`, this.path, 'restore the file from a backup; do not delete it: it keeps actions from running twice');
  }
}
