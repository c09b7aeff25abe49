// Plays one sequence against the connector under test and says what went wrong.
import { Counterpart, errorFault, processFault } from './counterpart.mjs'
import { jsonOf, segment, short } from './connector.mjs'
import { MESSAGES, PROCESS_TYPE, isFirst, messageBody } from './protocol.mjs'
import { idsOf } from './sequences.mjs'
import { QUESTIONS } from './questions.mjs'

const POLL = 25

/** @typedef {import('./sequences.mjs').Sequence} Sequence */
/**
 * @typedef {object} Setup
 * @property {import('./connector.mjs').Connector} connector
 * @property {import('./callback-server.mjs').CallbackServer} server
 * @property {import('./schemas.mjs').Schemas} schemas
 * @property {Record<string, string>} given ids that are not the usual ones
 * @property {string} [negotiateUrl]
 * @property {string} [transferUrl]
 * @property {string} participant the kit's own id
 * @property {string} agent the id of the connector under test
 * @property {number} initialStatus
 * @property {string} [expectedAuthorization]
 * @property {number} wait milliseconds
 * @property {boolean} strict
 */

/** @param {Sequence} sequence @param {Setup} setup */
export async function play(sequence, setup) {
  if (!sequence.kind) return QUESTIONS[sequence.id](setup, idsOf(sequence, setup.given))
  await new Play(sequence, setup).run()
}

class Play {
  /** @param {Sequence} sequence @param {Setup} setup */
  constructor(sequence, setup) {
    const role = sequence.role === 'provider' ? 'consumer' : 'provider'
    const [assigner, assignee] = role === 'provider' ? [setup.participant, setup.agent] : [setup.agent, setup.participant]
    this.sequence = sequence
    this.setup = setup
    this.kind = /** @type {import('./protocol.mjs').Kind} */ (sequence.kind)
    this.side = new Counterpart({
      process: { kind: this.kind, state: null, ...idsOf(sequence, setup.given), callbackAddress: '', assigner, assignee },
      role, schemas: setup.schemas, initialStatus: setup.initialStatus, expectedAuthorization: setup.expectedAuthorization,
    })
    this.side.process.callbackAddress = setup.server.open(sequence.id, incoming => this.side.receive(incoming))
    // Who is told to begin says in its first message where it is reached.
    if (sequence.steps[0].mark === '>') this.side.otherAddress = setup.connector.base
  }

  async run() {
    const { steps, id } = this.sequence
    for (const [index, step] of steps.entries()) {
      try {
        if (step.mark === '<') await this.#receive(step.name)
        else if (step.mark === '>') await this.#send(step.name)
        else if (step.mark === '!') await this.#sendIllegal(step.name)
        else await this.#sendUnwelcome(step.name, step.mark)
        if (steps[index + 1]?.mark !== '<') await this.#confirmState(step.mark)
      } catch (error) {
        throw new Error(`${id.includes('_C') ? 'as consumer' : 'as provider'}, step ${index + 1} ${step.mark}${step.name}: ${error.message}`)
      }
    }
    this.side.close()
  }

  /** @param {string} name */
  async #receive(name) {
    if (name === 'request') await this.#trigger()
    await this.side.take(name, Date.now() + this.setup.wait)
  }

  /** Tells the connector under test to begin, as its operator would. */
  async #trigger() {
    const { process } = this.side
    const [url, option] = this.kind === 'negotiations' ? [this.setup.negotiateUrl, '--negotiate-url'] : [this.setup.transferUrl, '--transfer-url']
    if (!url) throw new Error(`${option} is not given, so the connector cannot be told to begin`)
    const wanted = this.kind === 'negotiations' ? { datasetId: process.datasetId, offerId: process.offerId } : { agreementId: process.agreementId, format: process.format }
    await this.setup.connector.send(url, { ...wanted, providerId: this.setup.participant, connectorAddress: process.callbackAddress })
  }

  /** @param {string} name */
  async #send(name) {
    this.side.begin(MESSAGES[this.kind][name].to)
    try {
      const reply = await this.setup.connector.send(this.#url(name), this.#body(name))
      if (isFirst(this.kind, name)) this.#begun(reply, MESSAGES[this.kind][name].to)
      else if (reply.body !== null && typeof reply.body === 'object' && this.setup.schemas.knows(reply.body['@type'])) this.#check(this.setup.schemas.fault(reply.body['@type'], reply.body))
      this.side.end(true)
    } catch (error) {
      this.side.end(false)
      throw error
    }
  }

  /** @param {import('./connector.mjs').Reply} reply @param {string} state */
  #begun(reply, state) {
    if (reply.status !== 201) throw new Error(`it was answered ${reply.status} and not 201`)
    const { process } = this.side
    const shown = jsonOf(reply, 'the answer')
    this.#check(processFault(this.setup.schemas, process, shown))
    if (shown.state !== state) throw new Error(`the answer shows state ${shown.state} and not ${state}`)
    this.#check(this.side.learn(shown[`${this.side.other}Pid`]))
  }

  /** @param {string} name */
  async #sendIllegal(name) {
    const reply = await this.setup.connector.sendIllegal(this.#url(name), this.#body(name))
    this.#check(errorFault(this.setup.schemas, this.side.process, jsonOf(reply, `the refusal with ${reply.status}`)))
  }

  /** What is done already may be taken or refused; what only the other side may send is refused in any way. @param {string} name @param {'?' | 'x'} mark */
  async #sendUnwelcome(name, mark) {
    const { status, text } = await this.setup.connector.post(this.#url(name), this.#body(name))
    const fine = (status >= 400 && status < 500 && (mark === 'x' || status !== 404)) || (mark === '?' && status >= 200 && status < 300)
    if (!fine) throw new Error(`it was answered ${status}: ${short(text)}`)
  }

  /** @param {string} name */
  #url(name) {
    const path = MESSAGES[this.kind][name].path.replace('PID', segment(this.side.otherPid ?? ''))
    return `${this.side.otherAddress}/${this.kind}/${path}`
  }

  /** @param {string} name */
  #body(name) {
    const message = messageBody(name, this.side.process, this.side.role)
    const own = this.setup.schemas.fault(message['@type'], message)
    if (own) throw new Error(`the kit is wrong, not the connector: ${own}`)
    return message
  }

  /**
   * Reads the state the connector shows. After a refusal it must not have changed at any time, so it is read once; after a message
   * of the connector's own it changes when our answer has arrived there, so it is waited for.
   * @param {import('./sequences.mjs').Step['mark']} mark
   */
  async #confirmState(mark) {
    const { process } = this.side
    const once = mark === '>' ? this.setup.strict : mark !== '<'
    const url = `${this.side.otherAddress}/${this.kind}/${segment(this.side.otherPid ?? '')}`
    for (const deadline = Date.now() + this.setup.wait; ; await new Promise(resolve => setTimeout(resolve, POLL))) {
      this.side.throwFaults()
      const reply = await this.setup.connector.get(url)
      if (reply.status !== 200) throw new Error(`GET ${url} was answered ${reply.status} and not 200: ${short(reply.text)}`)
      const shown = jsonOf(reply, `GET ${url}`)
      this.#check(processFault(this.setup.schemas, process, shown))
      if (shown.state === process.state) return
      if (once || Date.now() > deadline) throw new Error(`the connector shows ${PROCESS_TYPE[this.kind]} in state ${shown.state} and not ${process.state}`)
    }
  }

  /** @param {string | null} fault */
  #check(fault) {
    if (fault) throw new Error(fault)
  }
}
