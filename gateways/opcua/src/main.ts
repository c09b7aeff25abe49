import { parseArgs } from 'node:util';
import { loadConfig } from './config.ts';
import { Problem } from './problem.ts';

const usage = `dure-opcua: reads an OPC UA server and hands every change on as OPC UA PubSub JSON over MQTT

  dure-opcua run    --config FILE
  dure-opcua browse --config FILE [--root NODE_ID] [--json]
  dure-opcua trust  list | add THUMBPRINT | reject THUMBPRINT   --config FILE
  dure-opcua check  --config FILE

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
  if (!['run', 'browse', 'trust', 'check'].includes(command)) throw new Problem(`There is no command ${command}`, 'command line', 'dure-opcua --help lists them');
  const config = loadConfig(values.config ?? 'gateway.json');
  // Loaded late: node-opcua takes a second or two, which a wrong command line need not wait for.
  if (command === 'check') print('The configuration is in order.\n');
  if (command === 'browse') await (await import('./commands/browse.ts')).browse(config, values.root ?? 'i=85', values.json === true, print);
  if (command === 'trust') await (await import('./commands/trust.ts')).trust(config, action, thumbprint, print);
  if (command === 'run') await (await import('./commands/run.ts')).run(config, (line) => print(`${line}\n`), untilTold());
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { config: { type: 'string' }, root: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
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
