// The protocol as the kit plays it: what each message is, who may send it in which state, and what it looks like.
import { randomUUID } from 'node:crypto'

export const CONTEXT = 'https://w3id.org/dspace/2025/1/context.jsonld'

/** @typedef {'provider' | 'consumer'} Role */
/** @typedef {'negotiations' | 'transfers'} Kind */
/**
 * @typedef {object} Message
 * @property {string} type its `@type`
 * @property {Role | 'both'} by who sends it
 * @property {(string | null)[]} from states it may be sent in; null is before the process exists
 * @property {string} to state after it
 * @property {string} path below `/negotiations` or `/transfers`; PID is the receiver's
 * @property {string} [event] its `eventType`
 */

/** @type {Record<Kind, Record<string, Message>>} */
export const MESSAGES = {
  negotiations: {
    request: { type: 'ContractRequestMessage', by: 'consumer', from: [null], to: 'REQUESTED', path: 'request' },
    propose: { type: 'ContractOfferMessage', by: 'provider', from: [null], to: 'OFFERED', path: 'offers' },
    counter: { type: 'ContractRequestMessage', by: 'consumer', from: ['OFFERED'], to: 'REQUESTED', path: 'PID/request' },
    offer: { type: 'ContractOfferMessage', by: 'provider', from: ['REQUESTED'], to: 'OFFERED', path: 'PID/offers' },
    accept: { type: 'ContractNegotiationEventMessage', by: 'consumer', from: ['OFFERED'], to: 'ACCEPTED', path: 'PID/events', event: 'ACCEPTED' },
    agree: { type: 'ContractAgreementMessage', by: 'provider', from: ['REQUESTED', 'ACCEPTED'], to: 'AGREED', path: 'PID/agreement' },
    verify: { type: 'ContractAgreementVerificationMessage', by: 'consumer', from: ['AGREED'], to: 'VERIFIED', path: 'PID/agreement/verification' },
    finalize: { type: 'ContractNegotiationEventMessage', by: 'provider', from: ['VERIFIED'], to: 'FINALIZED', path: 'PID/events', event: 'FINALIZED' },
    terminate: {
      type: 'ContractNegotiationTerminationMessage', by: 'both', from: ['REQUESTED', 'OFFERED', 'ACCEPTED', 'AGREED', 'VERIFIED'], to: 'TERMINATED', path: 'PID/termination',
    },
  },
  transfers: {
    request: { type: 'TransferRequestMessage', by: 'consumer', from: [null], to: 'REQUESTED', path: 'request' },
    // The provider starts what is requested; either side starts again what is suspended.
    start: { type: 'TransferStartMessage', by: 'both', from: ['REQUESTED', 'SUSPENDED'], to: 'STARTED', path: 'PID/start' },
    complete: { type: 'TransferCompletionMessage', by: 'both', from: ['STARTED'], to: 'COMPLETED', path: 'PID/completion' },
    suspend: { type: 'TransferSuspensionMessage', by: 'both', from: ['STARTED'], to: 'SUSPENDED', path: 'PID/suspension' },
    terminate: { type: 'TransferTerminationMessage', by: 'both', from: ['REQUESTED', 'STARTED', 'SUSPENDED'], to: 'TERMINATED', path: 'PID/termination' },
  },
}

/** The object that shows a process, and the one that refuses a message, by kind. */
export const PROCESS_TYPE = { negotiations: 'ContractNegotiation', transfers: 'TransferProcess' }
export const ERROR_TYPE = { negotiations: 'ContractNegotiationError', transfers: 'TransferError' }

/**
 * Whether a message may be sent by that side in that state.
 * @param {Kind} kind @param {string} name @param {Role} sender @param {string | null} state
 */
export function isLegal(kind, name, sender, state) {
  const message = MESSAGES[kind][name]
  if (kind === 'transfers' && name === 'start' && sender === 'consumer' && state === 'REQUESTED') return false
  return (message.by === 'both' || message.by === sender) && message.from.includes(state)
}

/** Whether a message begins a process. @param {Kind} kind @param {string} name */
export function isFirst(kind, name) {
  return MESSAGES[kind][name].from.includes(null)
}

/**
 * One negotiation or transfer as both sides see it.
 * @typedef {object} Process
 * @property {Kind} kind
 * @property {string} [providerPid]
 * @property {string} [consumerPid]
 * @property {string | null} state
 * @property {string} datasetId
 * @property {string} offerId
 * @property {string} agreementId
 * @property {string} format
 * @property {string} callbackAddress the kit's address for this process
 * @property {string} assigner
 * @property {string} assignee
 */

/** The process object the kit answers with. @param {Process} process */
export function processObject(process) {
  return { ...head(PROCESS_TYPE[process.kind]), ...pids(process), state: process.state }
}

/** @param {Process} process @param {string} reason */
export function errorObject(process, reason) {
  return { ...head(ERROR_TYPE[process.kind]), ...pids(process), code: '400', reason: [reason] }
}

/**
 * The body of a message. Its shape is the one the public kit sends: an `@id` of its own, empty lists of constraints, reasons as
 * objects. All of that is allowed, and a connector that stumbles over it will stumble over others.
 * @param {string} name @param {Process} process @param {Role} sender
 */
export function messageBody(name, process, sender) {
  const message = MESSAGES[process.kind][name]
  const start = { ...head(message.type), '@id': randomUUID() }
  const both = { ...start, ...pids(process) }
  if (message.event) return { ...both, eventType: message.event }
  switch (message.type) {
    case 'ContractRequestMessage':
      return name === 'request'
        ? { ...start, consumerPid: process.consumerPid, offer: offer(process, false), callbackAddress: process.callbackAddress }
        : { ...both, offer: offer(process, true) }
    case 'ContractOfferMessage':
      return name === 'propose'
        ? { ...start, providerPid: process.providerPid, offer: offer(process, true), callbackAddress: process.callbackAddress }
        : { ...both, offer: offer(process, true) }
    case 'ContractAgreementMessage':
      return { ...both, agreement: agreement(process), callbackAddress: process.callbackAddress }
    case 'ContractNegotiationTerminationMessage':
    case 'TransferTerminationMessage':
    case 'TransferSuspensionMessage':
      return { ...both, code: '1', reason: [{ message: `the kit sends ${name}` }] }
    case 'TransferRequestMessage':
      return { ...start, consumerPid: process.consumerPid, agreementId: process.agreementId, format: process.format, callbackAddress: process.callbackAddress }
    case 'TransferStartMessage':
      return sender === 'provider' ? { ...both, dataAddress: dataAddress(process) } : both
    default:
      return both
  }
}

/** @param {string} type */
function head(type) {
  return { '@context': [CONTEXT], '@type': type }
}

/** @param {Process} process */
function pids(process) {
  return { providerPid: process.providerPid, consumerPid: process.consumerPid }
}

const PERMISSION = [{ action: 'use', constraint: [] }]

/** @param {Process} process @param {boolean} named whether it says who offers to whom */
function offer(process, named) {
  const plain = { '@type': 'Offer', '@id': process.offerId, target: process.datasetId, permission: PERMISSION }
  return named ? { ...plain, assigner: process.assigner, assignee: process.assignee } : plain
}

/** @param {Process} process */
function agreement(process) {
  return {
    '@type': 'Agreement', '@id': `urn:uuid:${randomUUID()}`, target: process.datasetId, permission: PERMISSION,
    timestamp: new Date().toISOString(), assigner: process.assigner, assignee: process.assignee,
  }
}

/** @param {Process} process */
function dataAddress(process) {
  return {
    '@type': 'DataAddress', endpointType: 'https://w3id.org/idsa/v4.1/HTTP', endpoint: `${process.callbackAddress}/data`,
    endpointProperties: [
      { '@type': 'EndpointProperty', name: 'authorization', value: randomUUID() },
      { '@type': 'EndpointProperty', name: 'authType', value: 'bearer' },
    ],
  }
}
