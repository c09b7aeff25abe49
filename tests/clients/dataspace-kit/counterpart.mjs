// The kit's side of one sequence: it holds the kit's view of the process, answers what the connector under test sends, and
// notes everything that is wrong with it.
import { randomUUID } from 'node:crypto'
import { ERROR_TYPE, MESSAGES, PROCESS_TYPE, errorObject, isLegal, processObject } from './protocol.mjs'

/** @typedef {import('./protocol.mjs').Process} Process */
/** @typedef {import('./protocol.mjs').Role} Role */
/** @typedef {{ method: string, path: string, headers: import('node:http').IncomingHttpHeaders, body: Buffer }} Incoming */
/** @typedef {{ status: number, body?: object }} Answer */

export class Counterpart {
  /**
   * @param {object} setup
   * @param {Process} setup.process
   * @param {Role} setup.role what the kit is
   * @param {import('./schemas.mjs').Schemas} setup.schemas
   * @param {number} setup.initialStatus what an initial request is answered with
   * @param {string} [setup.expectedAuthorization] what the connector's own messages have to carry
   */
  constructor({ process, role, schemas, initialStatus, expectedAuthorization }) {
    this.process = process
    this.role = role
    this.schemas = schemas
    this.initialStatus = initialStatus
    this.expectedAuthorization = expectedAuthorization
    this.ownPid = `urn:uuid:${randomUUID()}`
    process[`${role}Pid`] = this.ownPid
    /** @type {string[]} what was wrong with messages that came */
    this.faults = []
    /** @type {{ name: string, message: any }[]} messages that came and were not yet asked for */
    this.inbox = []
    /** @type {Set<string>} messages that were taken, to know a repeated one */
    this.taken = new Set()
    /** @type {string | null} the state after the message being sent, until it is acknowledged */
    this.pending = null
    /** Where the connector under test wants its messages. @type {string | undefined} */
    this.otherAddress = undefined
    this.wake = () => {}
  }

  get other() {
    return this.role === 'provider' ? 'consumer' : 'provider'
  }

  get otherPid() {
    return this.process[`${this.other}Pid`]
  }

  /** The kit begins to send a message that leads to this state. @param {string} state */
  begin(state) {
    this.pending = state
  }

  /** The message was acknowledged, or not; a message that overtook the acknowledgement has set the state already. */
  end(acknowledged) {
    if (acknowledged && this.pending !== null) this.process.state = this.pending
    this.pending = null
  }

  /** The other side's id, from an answer or from a message that overtook it. @param {string} pid */
  learn(pid) {
    if (this.otherPid !== undefined && this.otherPid !== pid) return `the ${this.other}Pid was ${this.otherPid} and is now ${pid}`
    this.process[`${this.other}Pid`] = pid
    return null
  }

  /**
   * The next message that came, which has to be that one.
   * @param {string} name @param {number} deadline milliseconds since the epoch
   */
  async take(name, deadline) {
    for (;;) {
      this.throwFaults()
      const next = this.inbox.shift()
      if (next && next.name !== name) throw new Error(`${name} was due, and the connector sent ${next.name}`)
      if (next) return next.message
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`${name} did not come; the kit's state is ${this.process.state}`)
      await new Promise(resolve => {
        const timer = setTimeout(resolve, left)
        this.wake = () => { clearTimeout(timer); resolve(undefined) }
      })
    }
  }

  throwFaults() {
    if (this.faults.length > 0) throw new Error(this.faults.join(' | '))
  }

  /** After the last step nothing may have come that was not asked for. */
  close() {
    this.throwFaults()
    if (this.inbox.length > 0) throw new Error(`the connector sent ${this.inbox.map(one => one.name).join(', ')} that the sequence does not hold`)
  }

  /** @param {Incoming} incoming @returns {Answer} */
  receive(incoming) {
    const answer = incoming.method === 'GET' ? this.#show(incoming.path) : this.#message(incoming)
    this.wake()
    return answer
  }

  /** @param {string} path @returns {Answer} */
  #show(path) {
    if (path === 'data') return { status: 200, body: { of: this.ownPid } }
    if (path === `${this.process.kind}/${this.ownPid}` && this.process.state !== null) return { status: 200, body: processObject(this.process) }
    return { status: 404, body: errorObject(this.process, 'there is no such process') }
  }

  /** @param {Incoming} incoming @returns {Answer} */
  #message(incoming) {
    const refuse = (status, fault) => {
      this.faults.push(`${incoming.method} ${incoming.path}: ${fault}`)
      return { status, body: errorObject(this.process, fault) }
    }
    const names = this.#route(incoming)
    if (names.length === 0) return refuse(404, `nothing of ${this.process.kind} is sent to a ${this.role} there`)
    if (!/^application\/json\s*(;|$)/i.test(incoming.headers['content-type'] ?? '')) return refuse(415, `its Content-Type is ${incoming.headers['content-type'] ?? 'absent'}, not application/json`)
    if (this.expectedAuthorization !== undefined && incoming.headers.authorization !== this.expectedAuthorization) return refuse(401, 'its Authorization header is not the one agreed on')
    const message = parse(incoming.body)
    if (message === undefined) return refuse(400, 'its body is not JSON')

    const type = MESSAGES[this.process.kind][names[0]].type
    const broken = this.schemas.fault(type, message)
    if (broken) return refuse(400, broken)
    const name = names.find(one => MESSAGES[this.process.kind][one].event === undefined || MESSAGES[this.process.kind][one].event === message.eventType)
    if (name === undefined) return refuse(400, `${type} says ${message.eventType}, which a ${this.other} does not send`)
    const wrong = this.#pidsFault(name, message) ?? this.#contentFault(name, message)
    if (wrong) return refuse(400, `${type}: ${wrong}`)

    const text = JSON.stringify(message)
    const from = [this.process.state, this.pending].find(state => isLegal(this.process.kind, name, this.other, state))
    // A message sent once more, as after a lost answer, is done already.
    if (from === undefined && this.taken.has(text)) return this.#acknowledge(name)
    if (from === undefined) return refuse(400, `${name} must not be sent in state ${this.process.state}`)
    this.taken.add(text)
    this.process.state = MESSAGES[this.process.kind][name].to
    this.pending = null
    this.inbox.push({ name, message })
    return this.#acknowledge(name)
  }

  /** Which messages of the other side belong to a path. @param {Incoming} incoming */
  #route({ method, path }) {
    if (method !== 'POST') return []
    return Object.entries(MESSAGES[this.process.kind])
      .filter(([, message]) => message.by !== this.role && `${this.process.kind}/${message.path.replace('PID', this.ownPid)}` === path)
      .map(([name]) => name)
  }

  /** @param {string} name @param {any} message */
  #pidsFault(name, message) {
    const [own, other] = [`${this.role}Pid`, `${this.other}Pid`]
    if (name !== 'request' && message[own] !== this.ownPid) return `${own} is ${message[own]} and not ${this.ownPid}`
    return this.learn(message[other])
  }

  /** What the specification's text asks for and its schemas cannot say. @param {string} name @param {any} message */
  #contentFault(name, message) {
    const { process } = this
    const terms = message.offer ?? message.agreement
    if (terms && terms.target !== process.datasetId) return `/${message.offer ? 'offer' : 'agreement'}/target is ${terms.target} and not ${process.datasetId}`
    if (message.agreement && message.agreement.timestamp === undefined) return '/agreement/timestamp is missing'
    if (name === 'request' && message.agreementId !== undefined && message.agreementId !== process.agreementId) return `/agreementId is ${message.agreementId} and not ${process.agreementId}`
    if (name === 'request' && process.kind === 'transfers' && message.format !== process.format) return `/format is ${message.format} and not ${process.format}`
    if (name === 'start' && this.other === 'provider' && process.state === 'REQUESTED' && /pull$/i.test(process.format) && !message.dataAddress) return '/dataAddress is missing, and the transfer is a pull'
    if (name === 'request') {
      if (!URL.canParse(message.callbackAddress)) return `/callbackAddress is ${message.callbackAddress}, which is no URL`
      this.otherAddress = message.callbackAddress.replace(/\/+$/, '')
    }
    return null
  }

  /** @param {string} name @returns {Answer} */
  #acknowledge(name) {
    if (name === 'request') return { status: this.initialStatus, body: processObject(this.process) }
    return name === 'counter' || name === 'offer' ? { status: 200, body: processObject(this.process) } : { status: 200 }
  }
}

/**
 * What is wrong with the process object a connector shows; null when nothing is.
 * @param {import('./schemas.mjs').Schemas} schemas @param {Process} process @param {any} shown
 */
export function processFault(schemas, process, shown) {
  return schemas.fault(PROCESS_TYPE[process.kind], shown) ?? pidPairFault(process, shown)
}

/**
 * What is wrong with the error object a connector refuses with.
 * @param {import('./schemas.mjs').Schemas} schemas @param {Process} process @param {any} shown
 */
export function errorFault(schemas, process, shown) {
  return schemas.fault(ERROR_TYPE[process.kind], shown) ?? pidPairFault(process, shown)
}

/** @param {Process} process @param {any} shown */
function pidPairFault(process, shown) {
  for (const pid of /** @type {const} */ (['providerPid', 'consumerPid']))
    if (process[pid] !== undefined && shown[pid] !== process[pid]) return `${pid} is ${shown[pid]} and not ${process[pid]}`
  return null
}

/** @param {Buffer} body */
function parse(body) {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
