import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'main.js');
export const token = 'the token of these tests';

export interface Told {
  status: number;
  body: { [name: string]: unknown; cause?: string };
}

const temperature = { name: 'temperature', property: 'Temperature', unit: 'Cel', low: 20, high: 90 };
const time = { name: 'time', property: 'Time', unit: 'min', low: 1, high: 600 };
const amount = { name: 'amount', property: 'Amount', unit: 'mmol', low: 0.1, high: 100 };

/** A configuration for the simulated reactor and pump; what is given takes the place of what stands here. */
export function instrument(port: number, more: object = {}): Record<string, unknown> {
  return {
    dataFolder: 'gateway',
    server: { endpoint: `opc.tcp://127.0.0.1:${port}`, securityMode: 'None', securityPolicy: 'None' },
    door: { port: 0, token: { env: 'DURE_TEST_DOOR' }, timeout: 2 },
    instrument: { maker: 'Dure', model: 'Simulated LADS reactor', serial: '0001' },
    actions: [
      {
        name: 'react',
        program: { unit: 'ns=1;s=Reactor.Vessel', template: 'React' },
        parameters: [temperature, time, amount, { name: 'sample', kind: 'text', sample: 'SampleId', maxLength: 20 }],
        results: [{ name: 'yield', variable: 'Yield', unit: '%', low: 0, high: 100 }],
      },
      {
        name: 'rinse',
        method: {
          object: 'ns=1;s=Pump',
          method: 'ns=1;s=Pump.Rinse',
          inputs: ['$key', 'volume'],
          state: { variable: 'ns=1;s=Pump.Status', idle: ['0'], busy: ['1'] },
          lastKey: 'ns=1;s=Pump.LastKey',
        },
        parameters: [{ name: 'volume', unit: 'mL', low: 0, high: 50 }],
        results: [{ name: 'rinsed', variable: 'ns=1;s=Pump.Rinsed', unit: 'mL', low: 0, high: 50 }],
      },
      {
        name: 'weigh',
        method: { object: 'ns=1;s=Pump', method: 'ns=1;s=Pump.Weigh', inputs: ['times'], outputs: ['mass'] },
        parameters: [{ name: 'times', kind: 'integer', low: 1, high: 9 }],
        results: [{ name: 'mass', unit: 'g', low: 0, high: 1000 }],
      },
      {
        name: 'weighSlowly',
        method: { object: 'ns=1;s=Pump', method: 'ns=1;s=Pump.WeighSlowly', inputs: ['times'], outputs: ['mass'], mayTake: 20 },
        parameters: [{ name: 'times', kind: 'integer', low: 1, high: 9 }],
        results: [{ name: 'mass', unit: 'g', low: 0, high: 1000 }],
      },
    ],
    ...more,
  };
}

export function writeInstrument(folder: string, port: number, more: object = {}): string {
  const file = join(folder, 'instrument.json');
  writeFileSync(file, JSON.stringify(instrument(port, more)));
  return file;
}

export const wish = (more: object = {}): object => ({
  temperature: { value: 61.5, unit: 'Cel' },
  time: { value: 30, unit: 'min' },
  amount: { value: 5, unit: 'mmol' },
  sample: { value: 'vial-7' },
  ...more,
});

/** A gateway with its command door, as a process of its own, that can be killed. */
export class Door {
  output = '';

  private constructor(
    private readonly child: ChildProcess,
    private port: number,
  ) {}

  static async open(config: string): Promise<Door> {
    const child = spawn(process.execPath, [program, 'command', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, DURE_TEST_DOOR: token } });
    const door = new Door(child, 0);
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer) => {
        door.output += chunk.toString();
        door.port = Number(/^ready (\d+)$/m.exec(door.output)?.[1] ?? 0);
        if (door.port > 0) resolve();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('exit', () => reject(new Error(`the gateway ended: ${door.output}`)));
    });
    return door;
  }

  begin(key: string, action: string, parameters: object): Promise<Told> {
    return this.ask('PUT', `/actions/${key}`, JSON.stringify({ action, parameters }));
  }

  tell(key: string): Promise<Told> {
    return this.ask('GET', `/actions/${key}`);
  }

  /** What became of a key, once it does not run any more. */
  async end(key: string): Promise<Told> {
    for (;;) {
      const told = await this.tell(key);
      if (told.body['status'] !== 'running') return told;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  ask(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Told> {
    return new Promise((resolve, reject) => {
      const all = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers };
      const asked = request({ host: '127.0.0.1', port: this.port, method, path, headers: all, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode!, body: text === '' ? {} : (JSON.parse(text) as Told['body']) }));
        response.on('error', reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
