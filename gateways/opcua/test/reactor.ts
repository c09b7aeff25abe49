// The reactor with its faults as a process of its own: reactor.js FOLDER [PORT [CONTROL-PORT]]. It says "ready PORT CONTROL-PORT"; the control door, which
// is no part of the device, answers GET /executions, /busy and /keys, and POST /fault/NAME.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaultyLine } from './faulty-line.ts';
import { freePort } from './plant-server.ts';
import { Reactor, type Fault } from './reactor-server.ts';

console.log = console.warn = console.error; // what libraries print is not for the test
const [folder, port = '0', controlPort = '0'] = process.argv.slice(2);
const inner = await freePort();
const reactor = await Reactor.start(inner, folder!);
const line = await FaultyLine.open(Number(port), inner, reactor);
const control = createServer((request, response) => {
  const fault = /^\/fault\/([A-Za-z]+)$/.exec(request.url ?? '')?.[1];
  if (fault !== undefined) line.inject(fault as Fault);
  const answers: Record<string, string> = { '/executions': `${reactor.executions}`, '/busy': `${reactor.isBusy}`, '/keys': reactor.keys.join('\n') };
  response.end(answers[request.url ?? ''] ?? '');
});
await new Promise<void>((resolve) => control.listen(Number(controlPort), '127.0.0.1', resolve));
process.stdout.write(`ready ${line.port} ${(control.address() as AddressInfo).port}\n`);
