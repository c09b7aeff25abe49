// What the probes attack: a connector, reached by plain requests, by bytes on a socket, and by processes begun with it.
import { request } from 'node:http'
import { connect } from 'node:net'
import { randomUUID } from 'node:crypto'
import { Counterpart } from '../counterpart.mjs'
import { segment } from '../connector.mjs'
import { MESSAGES, messageBody } from '../protocol.mjs'
import { SEQUENCES, idsOf } from '../sequences.mjs'

/** @typedef {{ status: number, headers: import('node:http').IncomingHttpHeaders, text: string, body: any }} Reply */
/** @typedef {{ side: Counterpart, pid: string }} Begun */

export class Target {
  /**
   * @param {object} setup
   * @param {string} setup.base @param {string} setup.authorization @param {number} setup.wait milliseconds
   * @param {string} [setup.otherAuthorization] of another participant
   * @param {Record<string, string>} setup.given @param {import('../schemas.mjs').Schemas} setup.schemas
   * @param {import('../callback-server.mjs').CallbackServer} setup.server
   * @param {string} [setup.negotiateUrl] where the connector is told to negotiate
   * @param {number} setup.flood how many open negotiations must be bounded; 0 to leave it out
   */
  constructor(setup) {
    this.base = setup.base.replace(/\/+$/, '')
    this.url = new URL(this.base)
    this.authorization = setup.authorization
    this.otherAuthorization = setup.otherAuthorization
    this.wait = setup.wait
    this.schemas = setup.schemas
    this.server = setup.server
    this.given = setup.given
    this.flood = setup.flood
    this.negotiateUrl = setup.negotiateUrl
  }

  /**
   * A request with nothing added but the Authorization header; a path goes out exactly as it is written.
   * @param {string} method @param {string} path below the base
   * @param {{ headers?: Record<string, string | string[]>, body?: string | Buffer, authorization?: string | string[] | null }} [more] null for no Authorization
   * @returns {Promise<Reply>}
   */
  ask(method, path, { headers = {}, body, authorization = this.authorization } = {}) {
    const auth = authorization === null ? {} : { Authorization: authorization }
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    return new Promise((resolve, reject) => {
      const sent = request({ host: this.url.hostname, port: this.url.port, method, path: this.url.pathname + path, headers: { ...auth, ...length, ...headers }, agent: false, timeout: this.wait }, response => {
        const parts = []
        response.on('data', part => parts.push(part)).on('error', reject).on('end', () => {
          const text = Buffer.concat(parts).toString('utf8')
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) })
        })
      })
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path.slice(0, 80)} got no answer within ${this.wait} ms`))).on('error', reject)
      sent.end(body)
    })
  }

  /** @param {string} path @param {object | string | Buffer} message @param {Parameters<Target['ask']>[2]} [more] */
  post(path, message, more = {}) {
    const body = typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)
    return this.ask('POST', path, { ...more, body, headers: { 'Content-Type': 'application/json', ...more.headers } })
  }

  /**
   * Bytes on a connection of their own, and all that comes back until the connector closes it or the time is over.
   * @param {string} bytes @param {number} [milliseconds]
   * @returns {Promise<string>}
   */
  raw(bytes, milliseconds = 1500) {
    return new Promise(resolve => {
      let text = ''
      const socket = connect(Number(this.url.port || 80), this.url.hostname, () => socket.write(bytes, 'latin1'))
      const done = () => { socket.destroy(); resolve(text) }
      socket.on('data', part => { text += part.toString('latin1') }).on('error', done).on('close', done)
      setTimeout(done, milliseconds).unref()
    })
  }

  /** The head of a request by hand. @param {string} method @param {string} path @param {string[]} lines */
  head(method, path, ...lines) {
    return [`${method} ${this.url.pathname}${path} HTTP/1.1`, `Host: ${this.url.host}`, `Authorization: ${this.authorization}`, ...lines, '', ''].join('\r\n')
  }

  /** A first message of the kit as consumer, not yet sent. @param {string} sequenceId */
  prepare(sequenceId) {
    const side = this.#side(sequenceId, 'consumer')
    side.process.callbackAddress = this.server.open(`attack-${sequenceId}`, incoming => side.receive(incoming))
    return { side, body: messageBody('request', side.process, 'consumer') }
  }

  /**
   * Tells the connector to negotiate with the kit as provider.
   * @param {string} sequenceId
   * @param {(side: Counterpart, incoming: import('../counterpart.mjs').Incoming) => import('../counterpart.mjs').Answer} [answer] in place of the right one
   * @returns {Promise<Begun>} after its first request
   */
  async lure(sequenceId, answer = (side, incoming) => side.receive(incoming)) {
    const side = this.#side(sequenceId, 'provider')
    const { datasetId, offerId } = side.process
    side.process.callbackAddress = this.server.open(`attack-${sequenceId}`, incoming => answer(side, incoming))
    const wanted = { datasetId, offerId, providerId: 'ATTACKER', connectorAddress: side.process.callbackAddress }
    const response = await fetch(/** @type {string} */ (this.negotiateUrl), { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: this.authorization }, body: JSON.stringify(wanted) })
    must(response.ok, `the connector could not be told to negotiate: ${response.status}`)
    const request = await side.take('request', Date.now() + this.wait)
    return { side, pid: request.consumerPid }
  }

  /** @param {string} sequenceId @param {import('../protocol.mjs').Role} role what the kit is */
  #side(sequenceId, role) {
    const sequence = SEQUENCES.find(one => one.id === sequenceId)
    const kind = /** @type {import('../protocol.mjs').Kind} */ (sequence?.kind)
    const [assigner, assignee] = role === 'provider' ? ['ATTACKER', 'CONNECTOR'] : ['CONNECTOR', 'ATTACKER']
    const process = { kind, state: null, ...idsOf(/** @type {any} */ (sequence), this.given), callbackAddress: '', assigner, assignee }
    return new Counterpart({ process, role, schemas: this.schemas, initialStatus: 201 })
  }

  /**
   * A process, begun as in a sequence, after the messages that are sent by the connector on its own have come.
   * @param {string} sequenceId @param {...string} awaited names of those messages
   * @returns {Promise<Begun>}
   */
  async begin(sequenceId, ...awaited) {
    const { side, body } = this.prepare(sequenceId)
    side.begin('REQUESTED')
    const reply = await this.post(`/${side.process.kind}/request`, body)
    if (reply.status !== 201) throw new Error(`a process cannot be begun: ${reply.status} ${reply.text.slice(0, 200)}`)
    side.learn(reply.body.providerPid)
    side.end(true)
    for (const name of awaited) await side.take(name, Date.now() + this.wait)
    const begun = { side, pid: reply.body.providerPid }
    await this.settled(begun)
    return begun
  }

  /** Waits until the connector shows the state that both sides should be in. @param {Begun} begun */
  async settled({ side, pid }) {
    for (const deadline = Date.now() + this.wait; ; await pause(20)) {
      const state = await this.state({ side, pid })
      if (state === side.process.state) return
      if (Date.now() > deadline) throw new Error(`the connector shows state ${state} and not ${side.process.state}`)
    }
  }

  /** @param {Begun} begun @returns {Promise<string>} */
  async state({ side, pid }) {
    const reply = await this.ask('GET', `/${side.process.kind}/${segment(pid)}`)
    return reply.status === 200 ? reply.body?.state : `answered ${reply.status}`
  }

  /** Where a message of that name goes. @param {Begun} begun @param {string} name */
  path({ side, pid }, name) {
    return `/${side.process.kind}/${MESSAGES[side.process.kind][name].path.replace('PID', segment(pid))}`
  }

  /** @param {Begun} begun @param {string} name @param {object} [changes] */
  message({ side }, name, changes = {}) {
    return { ...messageBody(name, side.process, side.role), ...changes }
  }

  /** @param {Begun} begun @param {string} name @param {object} [changes] */
  send(begun, name, changes) {
    return this.post(this.path(begun, name), this.message(begun, name, changes))
  }

  /** A process id that nobody has. */
  unknown() {
    return `urn:uuid:${randomUUID()}`
  }
}

export const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))

/** @param {boolean} condition @param {string} otherwise */
export function must(condition, otherwise) {
  if (!condition) throw new Error(otherwise)
}

/** A refusal: 4xx. @param {Reply} reply @param {string} what */
export function refused(reply, what) {
  must(reply.status >= 400 && reply.status < 500, `${what} was answered ${reply.status} and not refused: ${reply.text.slice(0, 160)}`)
}

/** @param {Reply} reply */
export const taken = reply => reply.status >= 200 && reply.status < 300

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
