// Plays the other side of the Dataspace Protocol against a connector, sequence by sequence. `node kit.mjs --help` says how.
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { CallbackServer } from './callback-server.mjs'
import { Connector } from './connector.mjs'
import { USAGE, readOptions } from './options.mjs'
import { play } from './play.mjs'
import { Schemas } from './schemas.mjs'
import { BEYOND, SEQUENCES, nodeScript } from './sequences.mjs'

/** @typedef {{ id: string, ok: boolean, title: string, why: string | null, milliseconds: number }} Result */

/**
 * Plays the sequences that are asked for.
 * @param {ReturnType<typeof readOptions>} options
 * @param {(result: Result) => void} tell is called with each result as soon as it is there
 * @returns {Promise<Result[]>} in the order of the sequences
 */
export async function run(options, tell = () => {}) {
  for (const needed of /** @type {const} */ (['base', 'schemas']))
    if (!options[needed]) throw new Error(`--${needed} is missing; --help lists the options`)
  const chosen = choose(options)
  if (chosen.length === 0) throw new Error(`--only ${options.only.source} matches no sequence; --list shows them`)
  const server = new CallbackServer()
  await server.listen(options.callbackPort, options['callback-address'])
  const setup = {
    connector: new Connector({ base: options.base, root: options.root, authorization: options.authorization, strict: options.strict ?? false, wait: options.wait }),
    server,
    schemas: Schemas.of(options.schemas),
    given: options.given,
    negotiateUrl: options['negotiate-url'],
    transferUrl: options['transfer-url'],
    participant: options.participant,
    agent: options.agent,
    initialStatus: options.initialStatus,
    expectedAuthorization: options['expect-authorization'],
    wait: options.wait,
    strict: options.strict ?? false,
  }
  try {
    /** @type {Result[]} */
    const results = []
    const left = chosen.entries()
    const worker = async () => {
      for (const [index, sequence] of left) tell(results[index] = await judge(sequence, setup))
    }
    await Promise.all(Array.from({ length: options.parallel }, worker))
    return results
  } finally {
    await server.close()
  }
}

/** @param {ReturnType<typeof readOptions>} options */
function choose({ only, beyond }) {
  return [...SEQUENCES, ...(beyond ? BEYOND : [])].filter(sequence => only.test(sequence.id))
}

/** @param {import('./sequences.mjs').Sequence} sequence @param {import('./play.mjs').Setup} setup @returns {Promise<Result>} */
async function judge(sequence, setup) {
  const begun = performance.now()
  const why = await play(sequence, setup).then(() => null, error => String(error.message).replace(/\s+/g, ' '))
  return { id: sequence.id, ok: why === null, title: titleOf(sequence), why, milliseconds: Math.round(performance.now() - begun) }
}

/** @param {import('./sequences.mjs').Sequence} sequence */
function titleOf({ title, disabledUpstream }) {
  return disabledUpstream ? `${title} (disabled in the public kit)` : title
}

async function main() {
  const options = readOptions(process.argv.slice(2))
  if (options.help) return void console.log(USAGE)
  if (options.list) return choose(options).forEach(one => console.log(`${one.id} ${titleOf(one)}`))
  const script = options['write-node-script']
  if (script !== undefined) return writeFileSync(script, `${JSON.stringify(nodeScript(options.authorization ?? 'compatibility-kit', options.given), null, 2)}\n`)

  const results = await run(options, ({ ok, id, title, why }) => options.json || console.log(ok ? `ok ${id} ${title}` : `not ok ${id} ${title}: ${why}`))
  const passed = results.filter(result => result.ok).length
  const counts = { passed, failed: results.length - passed, all: results.length }
  console.log(options.json ? JSON.stringify({ ...counts, results }, null, 2) : `${passed} of ${results.length} sequences passed, ${counts.failed} failed`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  main().catch(error => {
    console.error(`kit: ${error.message}`)
    process.exitCode = 2
  })
