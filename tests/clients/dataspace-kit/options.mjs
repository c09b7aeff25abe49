// The command line, and the settings file of the public kit.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

export const USAGE = `node kit.mjs --base URL --schemas FOLDER [options]
  --base URL                where the connector serves the protocol, such as http://127.0.0.1:5210/dsp
  --root URL                below which /.well-known/dspace-version is; the origin of --base unless given
  --schemas FOLDER          the official JSON schemas
  --authorization VALUE     the Authorization header of the kit's messages
  --expect-authorization VALUE  the Authorization header the connector's own messages must have
  --negotiate-url URL       where the connector is told to negotiate (consumer sequences)
  --transfer-url URL        where the connector is told to transfer (consumer sequences)
  --participant ID          what the kit calls itself
  --agent ID                what the connector calls itself
  --properties FILE         the public kit's settings; what is given here as well goes before
  --only PATTERN            sequences whose id matches this regular expression
  --beyond                  also what the public kit leaves out: every forbidden step, and negotiations the provider begins
  --wait SECONDS            how long a message or a state is waited for (15)
  --initial-status CODE     how the kit answers an initial request: 201 as specified, 200 as the public kit does (201)
  --callback-port PORT      port of the kit's own server on 127.0.0.1 (any)
  --callback-address URL    how the connector reaches that server, where it is not on this machine
  --parallel N              sequences played at once (1)
  --strict                  no second try after a refusal, and the new state at once after an answer
  --json                    one JSON document in place of lines
  --list                    print the sequences and end
  --write-node-script FILE  write the file a node is started with as connector under test, and end`

const PREFIX = 'dataspacetck.dsp.'
/** Names of the public kit's settings, and ours. */
const PROPERTIES = {
  'connector.http.url': 'base',
  'connector.http.base.url': 'root',
  'connector.http.headers.authorization': 'authorization',
  'connector.negotiation.initiate.url': 'negotiate-url',
  'connector.transfer.initiate.url': 'transfer-url',
  'connector.agent.id': 'agent',
  'default.wait': 'wait',
}

/** @param {string[]} args */
export function readOptions(args) {
  const text = /** @type {const} */ ({ type: 'string' })
  const flag = /** @type {const} */ ({ type: 'boolean' })
  const { values } = parseArgs({
    args,
    options: {
      'base': text, 'root': text, 'schemas': text, 'authorization': text, 'expect-authorization': text, 'negotiate-url': text, 'transfer-url': text, 'participant': text,
      'agent': text, 'properties': text, 'only': text, 'wait': text, 'initial-status': text, 'callback-port': text, 'callback-address': text, 'parallel': text,
      'strict': flag, 'beyond': flag, 'json': flag, 'list': flag, 'help': flag, 'write-node-script': text,
    },
  })
  const { settings, given } = values.properties ? readProperties(values.properties) : { settings: {}, given: {} }
  const merged = { ...settings, ...values }
  return {
    ...merged,
    given,
    root: merged.root ?? (merged.base && new URL(merged.base).origin),
    participant: merged.participant ?? 'COMPATIBILITY_KIT',
    agent: merged.agent ?? 'CONNECTOR_UNDER_TEST',
    only: new RegExp(merged.only ?? ''),
    wait: 1000 * whole('wait', merged.wait, 15),
    initialStatus: whole('initial-status', merged['initial-status'], 201),
    callbackPort: whole('callback-port', merged['callback-port'], 0),
    parallel: Math.max(1, whole('parallel', merged.parallel, 1)),
  }
}

/** @param {string} name @param {string | undefined} value @param {number} unless */
function whole(name, value, unless) {
  if (value === undefined) return unless
  if (!/^\d{1,6}$/.test(value)) throw new Error(`--${name} is ${value}; give a whole number`)
  return Number(value)
}

/**
 * Lines `name=value`: settings under the public kit's names, and ids such as `CN_01_01_DATASETID`.
 * @param {string} file
 */
function readProperties(file) {
  /** @type {Record<string, string>} */
  const settings = {}
  /** @type {Record<string, string>} */
  const given = {}
  for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
    const [, name, value] = /^\s*([^#!=:\s][^=:\s]*)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? []
    if (name === undefined) continue
    const ours = PROPERTIES[name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '']
    if (ours) settings[ours] = value
    else if (/^[A-Z_0-9]+_(DATASETID|OFFERID|AGREEMENTID|FORMAT)$/.test(name)) given[name] = value
  }
  return { settings, given }
}
