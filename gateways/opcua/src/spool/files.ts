import { closeSync, fsyncSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes all the bytes, however many calls that takes. */
export function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

/** Makes the names in a folder durable. */
export function syncFolder(folder: string): void {
  // Windows has no such call; there a rename is durable with the file.
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Replaces a small file: whoever reads it finds the old text or the new one, after a power cut too. */
export function replaceFile(path: string, text: string, mode = 0o644): void {
  const beside = `${path}.new`;
  writeFileSync(beside, text, { mode, flush: true });
  renameSync(beside, path);
  syncFolder(dirname(path));
}
