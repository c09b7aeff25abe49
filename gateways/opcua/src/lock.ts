import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.ts';

/** Keeps a second gateway out of a data folder: two that append to one spool would destroy it. */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'gateway.pid');
  try {
    writeFileSync(path, `${process.pid}`, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = Number(readFileSync(path, 'utf8'));
    if (isAlive(owner)) throw new Problem(`The gateway with process id ${owner} uses this data folder`, folder, `stop it, or give this one a dataFolder of its own; if no gateway runs, delete ${path}`);
    writeFileSync(path, `${process.pid}`);
  }
  return () => rmSync(path, { force: true });
}

/** In a container every start has the same number: what bears our own is a leftover. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
