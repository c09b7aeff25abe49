import { parseArgs } from 'node:util';
import { parseCommandConfig } from './command/config.ts';
import { parseConfig, readJson } from './config.ts';
import { Problem } from './problem.ts';

const usage = `dure-opcua: reads an OPC UA server and hands every change on as OPC UA PubSub JSON over MQTT; or commands an instrument behind one

  dure-opcua run     --config FILE
  dure-opcua command --config FILE [--port PORT]
  dure-opcua browse  --config FILE [--root NODE_ID] [--json]
  dure-opcua trust   list | add THUMBPRINT | reject THUMBPRINT   --config FILE
  dure-opcua check   --config FILE

run reads: its configuration has groups and a broker (docs/opcua.md).
command opens a door on 127.0.0.1 that speaks JSON over HTTP and commands what its configuration names in actions, and nothing else
(docs/instruments.md). It prints "ready PORT" when the door is open; --port takes the place of door.port. Its dataFolder holds keys.ndjson, which
keeps an action from running twice: back it up, never delete it, and let no other gateway use the folder.
browse, trust and check take either configuration.

Exit codes: 0 done, 1 something failed, 2 the command or the configuration has to be mended.
`;

/** What libraries print goes to the error stream, so that what we print can be piped. */
console.log = console.error;
console.warn = console.error;
console.info = console.error;

const print = (text: string): void => void process.stdout.write(text);

async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  const [command, action, thumbprint] = positionals;
  if (values.help === true || command === undefined) return print(usage);
  if (!['run', 'command', 'browse', 'trust', 'check'].includes(command)) throw new Problem(`There is no command ${command}`, 'command line', 'dure-opcua --help lists them');
  const file = values.config ?? 'gateway.json';
  const json = readJson(file);
  // Loaded late: node-opcua takes a second or two, which a wrong command line need not wait for.
  if (command === 'run') return await (await import('./commands/run.ts')).run(parseConfig(json, file), (line) => print(`${line}\n`), untilTold());
  if (command === 'command') {
    const config = parseCommandConfig(json, file);
    if (values.port !== undefined) config.door.port = readPort(values.port);
    return await (await import('./commands/command.ts')).command(config, (line) => print(`${line}\n`), untilTold());
  }
  const config = isForCommands(json) ? parseCommandConfig(json, file) : parseConfig(json, file);
  if (command === 'check') print('The configuration is in order.\n');
  if (command === 'browse') await (await import('./commands/browse.ts')).browse(config, values.root ?? 'i=85', values.json === true, print);
  if (command === 'trust') await (await import('./commands/trust.ts')).trust(config, action, thumbprint, print);
}

function isForCommands(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'actions' in json;
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new Problem(`--port ${text} is no port`, 'command line', 'give a number from 0 to 65535');
  return port;
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { config: { type: 'string' }, root: { type: 'string' }, port: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new Problem((error as Error).message, 'command line', 'dure-opcua --help shows the options');
  }
}

function untilTold(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

main().then(
  // Connections that are still being closed must not keep the process.
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Problem ? error.toString() : ((error as Error)?.stack ?? String(error))}\n`);
    process.exit(error instanceof Problem ? 2 : 1);
  },
);
