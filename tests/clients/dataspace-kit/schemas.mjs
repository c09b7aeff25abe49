// The official JSON schemas, read from a folder, with their known defects mended in memory.
import Ajv from 'ajv/dist/2019.js'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const HOME = 'https://w3id.org/dspace/2025/1/'

/** Which schema a message is held against, by its `@type`. */
const SCHEMA_OF = {
  CatalogRequestMessage: 'catalog/catalog-request-message-schema.json',
  Catalog: 'catalog/catalog-schema.json',
  Dataset: 'catalog/dataset-schema.json',
  CatalogError: 'catalog/catalog-error-schema.json',
  ContractRequestMessage: 'negotiation/contract-request-message-schema.json',
  ContractOfferMessage: 'negotiation/contract-offer-message-schema.json',
  ContractAgreementMessage: 'negotiation/contract-agreement-message-schema.json',
  ContractAgreementVerificationMessage: 'negotiation/contract-agreement-verification-message-schema.json',
  ContractNegotiationEventMessage: 'negotiation/contract-negotiation-event-message-schema.json',
  ContractNegotiationTerminationMessage: 'negotiation/contract-negotiation-termination-message-schema.json',
  ContractNegotiation: 'negotiation/contract-negotiation-schema.json',
  ContractNegotiationError: 'negotiation/contract-negotiation-error-schema.json',
  TransferRequestMessage: 'transfer/transfer-request-message-schema.json',
  TransferStartMessage: 'transfer/transfer-start-message-schema.json',
  TransferCompletionMessage: 'transfer/transfer-completion-message-schema.json',
  TransferSuspensionMessage: 'transfer/transfer-suspension-message-schema.json',
  TransferTerminationMessage: 'transfer/transfer-termination-message-schema.json',
  TransferProcess: 'transfer/transfer-process-schema.json',
  TransferError: 'transfer/transfer-error-schema.json',
  VersionResponse: 'common/protocol-version-schema.json',
}

/** Compiling them takes longer than many a sequence. @type {Map<string, Schemas>} */
const READ = new Map()

export class Schemas {
  /** The schemas of a folder, read and compiled once. @param {string} folder */
  static of(folder) {
    const schemas = READ.get(folder) ?? new Schemas(folder)
    READ.set(folder, schemas)
    return schemas
  }

  /** @param {string} folder `spec/dsp`, or the `schema` folder in it */
  constructor(folder) {
    this.ajv = new Ajv({ strict: false, allErrors: true })
    const found = readFolder(folder)
    if (found.length === 0) throw new Error(`--schemas ${folder} holds no *-schema.json; give the folder of the protocol's schemas`)
    for (const schema of found) this.ajv.addSchema(schema)
  }

  /**
   * What is wrong with a message, with the place in the message and in the schema; null when nothing is.
   * @param {string} type the `@type` it has to be
   * @param {any} message
   * @returns {string | null}
   */
  fault(type, message) {
    const check = this.ajv.getSchema(HOME + SCHEMA_OF[type])
    if (!check) throw new Error(`the folder of schemas lacks ${SCHEMA_OF[type]}`)
    if (check(message)) return null
    const told = (check.errors ?? []).map(error => `${error.instancePath || '/'} ${error.message} (${error.schemaPath})`)
    return `${type} breaks its schema: ${[...new Set(told)].slice(0, 3).join('; ')}`
  }

  /** @param {string} type */
  knows(type) {
    return Object.hasOwn(SCHEMA_OF, type)
  }
}

/** @param {string} folder */
function readFolder(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('-schema.json'))
    .sort()
    .map(name => mend(JSON.parse(readFileSync(join(folder, name), 'utf8'))))
}

/**
 * The two defects of 2025-1, and nothing else: three references without the slash after `#`, and a pattern that refuses the
 * specification's own example of a DID service.
 * @param {any} schema
 */
function mend(schema) {
  if (schema.$id === `${HOME}common/did-service-schema.json`) {
    const endpoint = schema.definitions.DidService.properties.serviceEndpoint
    if (endpoint.pattern === 'https?://.*?/catalog$') endpoint.pattern = 'https?://.*?/(catalog|\\.well-known/dspace-version)$'
  }
  for (const definition of Object.values(schema.definitions ?? {}))
    for (const part of definition.allOf ?? [])
      if (part.$ref === `${HOME}transfer/transfer-schema.json#definitions/AbstractTransferCodeMessage`)
        part.$ref = part.$ref.replace('#definitions', '#/definitions')
  return schema
}
