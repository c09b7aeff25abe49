import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'main.js');

/** A folder for one test, gone after it. */
export function testFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'dure-opcua-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) };
}

export interface Settings {
  serverPort: number;
  brokerPort: number;
  server?: object;
  group?: object;
  broker?: object;
  spool?: object;
  statusPort?: number;
}

/** Writes a configuration and returns its file. */
export function writeConfig(folder: string, { serverPort, brokerPort, server, group, broker, spool, statusPort }: Settings): string {
  const file = join(folder, 'gateway.json');
  const config = {
    publisherId: 'press-hall',
    dataFolder: 'data',
    server: { endpoint: `opc.tcp://127.0.0.1:${serverPort}`, securityMode: 'None', securityPolicy: 'None', ...server },
    groups: [
      { name: 'press', publishingInterval: 50, samplingInterval: 0, queueSize: 5000, keepFor: 120, browse: [{ root: 'ns=1;s=Press1', include: [], exclude: [] }], ...group },
    ],
    broker: { url: `mqtt://127.0.0.1:${brokerPort}`, version: '3.1.1', ...broker },
    ...(spool === undefined ? {} : { spool }),
    ...(statusPort === undefined ? {} : { statusPort }),
  };
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}

/** The gateway as a process of its own, that can be killed. */
export class Gateway {
  output = '';
  private readonly ended: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    this.ended = once(child, 'exit');
    child.stdout!.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  static start(config: string): Gateway {
    return new Gateway(spawn(process.execPath, [program, 'run', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  async saying(text: string): Promise<void> {
    await until(() => this.output.includes(text), () => `the gateway says "${text}"; it said:\n${this.output}`);
  }

  /** kill -9: no good-bye, no flush. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    await this.ended;
  }
}

/** Runs a command to its end. */
export async function command(...words: string[]): Promise<{ code: number | null; out: string; error: string }> {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, error };
}

/** Waits for something to become true, and says what did not. */
export async function until(isSo: () => boolean, what: () => string, patience = 40_000): Promise<void> {
  const deadline = Date.now() + patience;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
