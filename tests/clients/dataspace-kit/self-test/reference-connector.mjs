// A connector in memory, both roles, that does what its script says: something right for the kit to pass, and, with a fault
// switched on, something wrong for it to find. It shares no code with the kit, so that a mistake in one is not one in both.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

const CONTEXT = 'https://w3id.org/dspace/2025/1/context.jsonld'

// kind, state, who sends, verb, next state; after the tables of the specification.
const MOVES = `
negotiations REQUESTED provider offer OFFERED
negotiations REQUESTED provider agree AGREED
negotiations OFFERED consumer counter REQUESTED
negotiations OFFERED consumer accept ACCEPTED
negotiations ACCEPTED provider agree AGREED
negotiations AGREED consumer verify VERIFIED
negotiations VERIFIED provider finalize FINALIZED
transfers REQUESTED provider start STARTED
transfers SUSPENDED provider start STARTED
transfers SUSPENDED consumer start STARTED
transfers STARTED provider suspend SUSPENDED
transfers STARTED consumer suspend SUSPENDED
transfers STARTED provider complete COMPLETED
transfers STARTED consumer complete COMPLETED
${['REQUESTED', 'OFFERED', 'ACCEPTED', 'AGREED', 'VERIFIED'].map(state => `negotiations ${state} provider terminate TERMINATED\nnegotiations ${state} consumer terminate TERMINATED`).join('\n')}
${['REQUESTED', 'STARTED', 'SUSPENDED'].map(state => `transfers ${state} provider terminate TERMINATED\ntransfers ${state} consumer terminate TERMINATED`).join('\n')}
`.trim().split('\n').map(line => line.split(' '))

const TARGET = Object.fromEntries(MOVES.map(([, , , verb, next]) => [verb, next]))
const TYPES = {
  negotiations: {
    request: 'ContractRequestMessage', counter: 'ContractRequestMessage', offer: 'ContractOfferMessage', agree: 'ContractAgreementMessage',
    verify: 'ContractAgreementVerificationMessage', accept: 'ContractNegotiationEventMessage', finalize: 'ContractNegotiationEventMessage',
    terminate: 'ContractNegotiationTerminationMessage', process: 'ContractNegotiation', error: 'ContractNegotiationError',
  },
  transfers: {
    request: 'TransferRequestMessage', start: 'TransferStartMessage', suspend: 'TransferSuspensionMessage', complete: 'TransferCompletionMessage',
    terminate: 'TransferTerminationMessage', process: 'TransferProcess', error: 'TransferError',
  },
}
const PATHS = {
  counter: 'request', offer: 'offers', agree: 'agreement', verify: 'agreement/verification', accept: 'events', finalize: 'events', terminate: 'termination',
  start: 'start', suspend: 'suspension', complete: 'completion',
}

export class ReferenceConnector {
  /** @param {any} script what a node gets by --exchange-test @param {string[]} [faults] what is wrong with it, and which habits it has */
  constructor(script, faults = []) {
    this.script = script
    this.faults = new Set(faults)
    this.processes = new Map()
    this.asked = new Set()
    // Careless on purpose beyond the protocol: the attacks have to find that.
    this.server = createServer((request, response) => this.#serve(request, response).catch(() => response.headersSent || response.writeHead(500).end()))
  }

  async listen() {
    await new Promise(resolve => this.server.listen(0, '127.0.0.1', () => resolve(undefined)))
    this.root = `http://127.0.0.1:${/** @type {any} */ (this.server.address()).port}`
    this.base = `${this.root}/dsp`
    return this
  }

  close() {
    this.server.closeAllConnections()
    return new Promise(resolve => this.server.close(() => resolve(undefined)))
  }

  has(fault) {
    return this.faults.has(fault)
  }

  async #serve(request, response) {
    const parts = []
    for await (const part of request) parts.push(part)
    const text = Buffer.concat(parts).toString('utf8')
    const path = new URL(request.url, this.root).pathname.split('/').filter(part => part !== '').map(decodeURIComponent)
    let [status, body] = this.#answer(request, path, text === '' ? undefined : JSON.parse(text))
    const type = this.has('answers as text') ? 'text/plain' : this.has('charset in the media type') ? 'application/json; charset=utf-8' : 'application/json'
    if (body && this.has('answers without @context')) delete body['@context']
    if (body && this.has('@context as a string') && body['@context']) body['@context'] = CONTEXT
    if (body === undefined) response.writeHead(status).end()
    else response.writeHead(status, { 'Content-Type': type }).end(JSON.stringify(body))
  }

  #answer(request, path, message) {
    const authorized = request.headers.authorization === this.script.authorization
    if (path[0] === '.well-known' && path[1] === 'dspace-version') return this.has('version needs authorization') && !authorized ? [401] : [200, this.#versions()]
    if (!authorized && !this.has('shows anyone everything')) return [401]
    if (path[0] === 'exchange') return this.#begin(path[2], message)
    const [, kind, pid, ...rest] = path
    if (kind === 'catalog') return pid === 'request' ? [200, this.#catalogue()] : this.#dataset(rest[0])
    if (request.method === 'POST' && pid === 'request') return this.#requested(kind, message)
    if (request.method === 'POST' && pid === 'offers') return this.#proposed(message)
    const process = this.processes.get(pid)
    if (!process || process.kind !== kind) return [404, this.#error(kind, {}, 'there is no such process')]
    if (request.method === 'GET') return process.role === 'consumer' && this.has('consumer cannot be read') ? [404] : [200, this.#show(process)]
    if (this.has('first try is refused') && !this.asked.has(request.url) && this.asked.add(request.url)) return [409, this.#error(kind, process, 'busy')]
    return this.#taken(process, rest.join('/'), message)
  }

  #versions() {
    const version = this.has('version is another') ? '2024-1' : '2025-1'
    return { protocolVersions: [{ version: '0.8', path: '/old', binding: 'HTTPS' }, { version, path: this.has('version path is wrong') ? '/elsewhere' : '/dsp', binding: this.has('binding is wrong') ? 'HTTP' : 'HTTPS' }] }
  }

  #catalogue() {
    const dataset = Object.keys(this.script.datasets).filter(id => id !== 'ACN0101' || !this.has('catalogue lacks a dataset')).map(id => this.#datasetObject(id))
    return {
      '@context': [CONTEXT], '@id': 'urn:catalogue', '@type': this.has('catalogue has another type') ? 'dcat:Catalog' : 'Catalog',
      ...(this.has('catalogue without participant') ? {} : { participantId: 'reference' }),
      service: [{ '@id': 'service', '@type': 'DataService', endpointURL: this.base }], dataset, ...(this.has('catalogue with an empty list') ? { catalog: [] } : {}),
    }
  }

  #dataset(id) {
    if (id in this.script.datasets) return [200, { '@context': [CONTEXT], ...this.#datasetObject(this.has('another dataset is answered') ? 'ACN0102' : id) }]
    if (this.has('unknown dataset is 200')) return [200, { '@context': [CONTEXT], '@type': 'CatalogError' }]
    return [404, this.has('unknown dataset without body') ? undefined : { '@context': [CONTEXT], '@type': this.has('catalogue error of another type') ? 'Error' : 'CatalogError', code: '404', reason: ['unknown'] }]
  }

  #datasetObject(id) {
    const policy = { '@id': this.script.datasets[id].offer, '@type': 'Offer', permission: this.#rules() }
    return {
      '@id': id, '@type': 'Dataset', hasPolicy: [this.has('catalogue offer with target') ? { ...policy, target: id } : policy],
      distribution: this.has('dataset without distribution') ? [] : [{ '@type': 'Distribution', format: 'HttpData-PULL', accessService: 'service' }],
    }
  }

  #rules() {
    const rightOperand = this.has('number as operand') ? 5 : '5'
    return [{ action: 'use', constraint: [{ leftOperand: 'count', operator: this.has('prefixed operator') ? 'odrl:lteq' : 'lteq', rightOperand }] }]
  }

  /** The operator tells it to begin: it sends the first request. */
  #begin(kind, { datasetId, offerId, agreementId, format, connectorAddress }) {
    const process = {
      kind, role: 'consumer', consumerPid: randomUUID(), providerPid: undefined, state: 'REQUESTED', address: connectorAddress, dataset: datasetId, offer: offerId,
      agreement: agreementId, format, left: copy((kind === 'negotiations' ? this.script.datasets[datasetId] : this.script.agreements[agreementId]).reactions),
    }
    this.processes.set(process.consumerPid, process)
    const body = kind === 'negotiations' ? { offer: this.#offer(process) } : { agreementId: this.has('another agreement is requested') ? 'other' : agreementId, format }
    void this.#deliver(process, 'request', {
      ...this.#head(kind, 'request'), consumerPid: process.consumerPid, ...body, ...(this.has('request without callback') ? {} : { callbackAddress: this.#callback() }),
      ...(this.has('request with both addresses') ? { providerPid: 'urn:any' } : {}),
    }).then(answer => {
      process.providerPid ??= answer?.providerPid
      return this.#react(process, 'REQUESTED')
    }).catch(() => {})
    return [200, {}]
  }

  #callback() {
    return this.has('callback ends in a slash') ? `${this.base}/` : this.base
  }

  /** A first request from outside. */
  #requested(kind, message) {
    const agreement = this.script.agreements[message.agreementId]
    const dataset = kind === 'negotiations' ? message.offer.target : agreement?.dataset
    if (!(dataset in this.script.datasets)) return [400, this.#error(kind, { consumerPid: message.consumerPid, providerPid: 'none' }, 'unknown')]
    const process = {
      kind, role: 'provider', consumerPid: message.consumerPid, providerPid: `urn:uuid:${randomUUID()}`, state: 'REQUESTED', address: message.callbackAddress.replace(/\/+$/, ''),
      dataset, offer: message.offer?.['@id'], agreement: message.agreementId, format: message.format, left: copy(kind === 'negotiations' ? this.script.datasets[dataset].reactions : agreement.reactions),
    }
    this.processes.set(process.providerPid, process)
    setImmediate(() => this.#react(process, 'REQUESTED').catch(() => {}))
    return [this.has(`first ${kind} are answered 200`) ? 200 : 201, this.has('first answer is empty') ? undefined : this.#show(process)]
  }

  /** A provider begins. */
  #proposed(message) {
    const process = {
      kind: 'negotiations', role: 'consumer', consumerPid: randomUUID(), providerPid: message.providerPid, state: 'OFFERED', address: message.callbackAddress, dataset: message.offer.target,
      offer: message.offer['@id'], left: copy(this.script.datasets[message.offer.target].reactions),
    }
    this.processes.set(process.consumerPid, process)
    setImmediate(() => this.#react(process, 'OFFERED').catch(() => {}))
    return [201, this.#show(process)]
  }

  #taken(process, path, message) {
    const other = process.role === 'provider' ? 'consumer' : 'provider'
    const verb = Object.keys(PATHS).find(one => TYPES[process.kind][one] === message['@type'] && PATHS[one] === path && (!message.eventType || message.eventType === (one === 'accept' ? 'ACCEPTED' : one === 'finalize' ? 'FINALIZED' : '')))
    const next = MOVES.find(([kind, state, sender, name]) => kind === process.kind && state === process.state && sender === other && name === verb)?.[4]
    const allowed = next ?? (this.has('takes everything') || this.has(`takes ${verb} of the ${other} in ${process.state}`) ? TARGET[verb] : undefined)
    const belongs = this.has('does not compare process ids') || (message.providerPid === process.providerPid && message.consumerPid === process.consumerPid)
    if (!allowed || !belongs) {
      if (this.has('a refusal terminates')) process.state = 'TERMINATED'
      if (this.has('refusals are 404')) return [404, this.#error(process.kind, process, 'no')]
      if (this.has('refusals are 500')) return [500, this.#error(process.kind, process, 'no')]
      if (this.has('refusals are 302')) return [302]
      if (this.has('refusals without body')) return [400]
      return [400, this.has('refusals as problem documents') ? { type: 'about:blank', status: 400 } : this.#error(process.kind, process, `${verb} is not for ${process.state}`)]
    }
    if (this.has('acknowledges and forgets')) return [200]
    this.#enter(process, allowed)
    setImmediate(() => this.#react(process, allowed).catch(() => {}))
    return this.has('acknowledges with 204') ? [204] : [200, this.#show(process)]
  }

  #enter(process, state) {
    process.before = process.state
    process.state = state
    process.since = Date.now()
  }

  async #react(process, state) {
    if (process.state !== state || this.has('never acts')) return
    const verb = process.left[state]?.shift() ?? (this.has('terminates on its own') && state === 'STARTED' ? 'terminate' : undefined)
    if (!verb) return
    if (this.has('thinks a while')) await new Promise(resolve => setTimeout(resolve, 200))
    if (process.state !== state) return
    this.#enter(process, TARGET[verb])
    const message = this.#message(process, verb)
    await this.#deliver(process, verb, message)
    if (this.has('sends everything twice')) await this.#deliver(process, verb, message)
    await this.#react(process, TARGET[verb])
  }

  #message(process, verb) {
    const { kind } = process
    const message = { ...this.#head(kind, verb), providerPid: process.providerPid, consumerPid: process.consumerPid }
    if (this.has('process ids are swapped')) [message.providerPid, message.consumerPid] = [message.consumerPid, message.providerPid]
    if (verb === 'accept' || verb === 'finalize') message.eventType = this.has('events are swapped') === (verb === 'accept') ? 'FINALIZED' : 'ACCEPTED'
    if (verb === 'counter' || verb === 'offer') message.offer = this.#offer(process)
    if (verb === 'counter' && this.has('counter request with callback')) message.callbackAddress = this.base
    if (verb === 'offer' && this.has('offer with callback')) message.callbackAddress = this.base
    if (verb === 'agree') {
      message.agreement = { '@id': randomUUID(), '@type': 'Agreement', target: this.has('agreement for another dataset') ? 'other' : process.dataset, assigner: 'a', assignee: 'b', timestamp: '2026-01-01T00:00:00Z', permission: this.#rules() }
      if (this.has('agreement without time')) delete message.agreement.timestamp
      if (this.has('agreement without assignee')) delete message.agreement.assignee
    }
    if (verb === 'terminate' || verb === 'suspend') message.reason = this.has('reason is a string') ? 'done' : [this.has('foreign habits') ? { message: 'done' } : 'done']
    if (verb === 'start' && process.role === 'provider' && !this.has('start without data address'))
      message.dataAddress = { '@type': 'DataAddress', endpointType: 'https://w3id.org/idsa/v4.1/HTTP', endpoint: this.base, ...(this.has('data address with an empty list') ? { endpointProperties: [] } : {}) }
    return message
  }

  #offer(process) {
    const offer = { '@id': process.offer, '@type': 'Offer', target: process.dataset, permission: this.#rules() }
    if (this.has('offer without target')) delete offer.target
    if (this.has('offer without rules')) delete offer.permission
    return offer
  }

  #head(kind, verb) {
    const head = { '@context': [CONTEXT], '@type': TYPES[kind][verb] }
    if (this.has('messages without @context')) delete head['@context']
    if (this.has('foreign habits')) return { ...head, '@context': ['https://w3id.org/edc/dspace/v0.0.1', CONTEXT], '@id': randomUUID(), 'ext:note': { any: 1 } }
    return head
  }

  async #deliver(process, verb, message) {
    const pid = process.role === 'provider' ? process.consumerPid : process.providerPid
    const path = verb === 'request' ? 'request' : `${encodeURIComponent(pid)}/${this.has('wrong path') ? 'messages' : PATHS[verb]}`
    const slash = this.has('foreign habits') ? '/' : ''
    const headers = { 'Content-Type': this.has('sends text') ? 'text/plain' : 'application/json', ...(this.has('sends without authorization') ? {} : { Authorization: this.script.authorization }) }
    const response = await fetch(`${process.address}/${process.kind}/${path}${slash}`, { method: 'POST', headers, body: JSON.stringify(message) }).catch(() => undefined)
    const text = response ? await response.text() : ''
    return text === '' ? undefined : JSON.parse(text)
  }

  #show(process) {
    const lazy = this.has('shows a new state late') && Date.now() - (process.since ?? 0) < 300
    const state = this.has('always shows REQUESTED') ? 'REQUESTED' : lazy ? process.before : process.state
    const shown = { '@context': [CONTEXT], '@type': TYPES[process.kind].process, providerPid: process.providerPid, consumerPid: process.consumerPid, state: this.has('shows states of its own') ? `${state}_` : state }
    if (this.has('shows another consumer')) shown.consumerPid = 'urn:other'
    return shown
  }

  #error(kind, process, reason) {
    return { '@context': [CONTEXT], '@type': TYPES[kind].error, providerPid: process.providerPid ?? 'unknown', consumerPid: process.consumerPid ?? 'unknown', reason: this.has('refusals with an empty reason') ? [] : [reason] }
  }
}

function copy(lists) {
  return Object.fromEntries(Object.entries(lists ?? {}).map(([state, list]) => [state, [...list]]))
}
