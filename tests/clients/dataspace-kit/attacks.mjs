// Sends a connector what no honest partner sends, and says what it should not have put up with. `node attacks.mjs --help` says how.
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { BODIES } from './attacks/bodies.mjs'
import { CALLBACKS } from './attacks/callbacks.mjs'
import { FLOOD } from './attacks/flood.mjs'
import { PROCESSES } from './attacks/processes.mjs'
import { PROVIDER } from './attacks/provider.mjs'
import { Target } from './attacks/target.mjs'
import { WIRE } from './attacks/wire.mjs'
import { CallbackServer } from './callback-server.mjs'
import { Schemas } from './schemas.mjs'

/**
 * @typedef {object} Probe
 * @property {string} id
 * @property {string} source where what is expected comes from: the protocol, an RFC, a decision record, or a rule of the house
 * @property {string} what
 * @property {(target: Target) => string | null} [needs] what is missing to try it
 * @property {(target: Target) => Promise<void>} run throws with what went wrong
 */
/** @typedef {{ id: string, outcome: 'ok' | 'not ok' | 'skip', what: string, source: string, why: string | null }} Result */

const USAGE = `node attacks.mjs --base URL --schemas FOLDER --authorization VALUE [options]
The connector is started with the file of kit.mjs --write-node-script. Its addresses on 127.0.0.1 have to be allowed as callbacks.
  --other-authorization VALUE  the Authorization header of another participant
  --negotiate-url URL          where the connector is told to negotiate (probes of a lying provider)
  --flood N                    how many open negotiations of one partner are to be bounded (left out unless given)
  --only PATTERN               probes whose id matches this regular expression
  --wait SECONDS               how long an answer is waited for (15)
  --json, --list`

/** @type {readonly Probe[]} */
export const PROBES = [...BODIES, ...PROCESSES, ...PROVIDER, ...CALLBACKS, ...WIRE, ...FLOOD]

/** @param {string[]} args */
export function readOptions(args) {
  const text = /** @type {const} */ ({ type: 'string' })
  const flag = /** @type {const} */ ({ type: 'boolean' })
  return parseArgs({
    args,
    options: { 'base': text, 'schemas': text, 'authorization': text, 'other-authorization': text, 'negotiate-url': text, 'flood': text, 'only': text, 'wait': text, 'json': flag, 'list': flag, 'help': flag },
  }).values
}

/**
 * @param {ReturnType<typeof readOptions>} options
 * @param {(result: Result) => void} tell is called with each result as soon as it is there
 */
export async function run(options, tell = () => {}) {
  if (!options.base || !options.schemas || !options.authorization) throw new Error('--base, --schemas and --authorization are needed; --help lists the options')
  const only = new RegExp(options.only ?? '')
  const server = new CallbackServer()
  await server.listen(0)
  const target = new Target({
    base: options.base, authorization: options.authorization, otherAuthorization: options['other-authorization'], wait: 1000 * Number(options.wait ?? 15), given: {},
    schemas: Schemas.of(options.schemas), server, negotiateUrl: options['negotiate-url'], flood: Number(options.flood ?? 0),
  })
  try {
    /** @type {Result[]} */
    const results = []
    for (const probe of PROBES.filter(one => only.test(one.id))) {
      const missing = probe.needs?.(target) ?? null
      // After each probe an ordinary negotiation has to be possible: an attack must not cost the others anything.
      const why = missing ?? (await probe.run(target).then(() => target.begin('CN:02-02')).then(() => null, error => String(error.message).replace(/\s+/g, ' ')))
      const result = { id: probe.id, outcome: /** @type {Result['outcome']} */ (missing ? 'skip' : why === null ? 'ok' : 'not ok'), what: probe.what, source: probe.source, why }
      results.push(result)
      tell(result)
    }
    return results
  } finally {
    await server.close()
  }
}

async function main() {
  const options = readOptions(process.argv.slice(2))
  if (options.help) return void console.log(USAGE)
  if (options.list) return PROBES.forEach(one => console.log(`${one.id} ${one.what} [${one.source}]`))
  const results = await run(options, ({ outcome, id, what, source, why }) => options.json || console.log(`${outcome} ${id} ${what} [${source}]${why === null ? '' : `: ${why}`}`))
  const count = outcome => results.filter(result => result.outcome === outcome).length
  console.log(options.json ? JSON.stringify(results, null, 2) : `${count('ok')} of ${results.length} probes withstood, ${count('not ok')} not, ${count('skip')} left out`)
  process.exitCode = count('not ok') === 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  main().catch(error => {
    console.error(`attacks: ${error.message}`)
    process.exitCode = 2
  })
