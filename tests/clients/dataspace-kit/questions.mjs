// The sequences without a process: the version document and the catalogue.
import { jsonOf, segment, short } from './connector.mjs'
import { CONTEXT } from './protocol.mjs'

const MOST_PAGES = 100

/** @typedef {import('./play.mjs').Setup} Setup */
/** @typedef {{ datasetId: string }} Ids */

/** @type {Record<string, (setup: Setup, ids: Ids) => Promise<void>>} */
export const QUESTIONS = {
  'MET:01-01': async ({ connector, schemas }) => {
    const url = `${connector.root}/.well-known/dspace-version`
    const versions = expect(await connector.get(url, true), 200, `GET ${url}`)
    check(schemas.fault('VersionResponse', versions))
    const listed = versions.protocolVersions.filter(one => one.version === '2025-1')
    if (listed.length === 0) throw new Error(`the document lists ${versions.protocolVersions.map(one => one.version).join(', ')} and not 2025-1`)
    const bases = listed.map(one => (connector.root + one.path).replace(/\/+$/, ''))
    if (!bases.includes(connector.base)) throw new Error(`the document puts 2025-1 at ${bases.join(', ')}, and it is asked at ${connector.base}`)
  },

  'CAT:01-01': async ({ connector, schemas }, { datasetId }) => {
    const request = { '@context': [CONTEXT], '@type': 'CatalogRequestMessage', filter: [] }
    check(schemas.fault('CatalogRequestMessage', request))
    let reply = await connector.send(`${connector.base}/catalog/request`, request)
    for (let page = 1; page <= MOST_PAGES; page++) {
      const catalogue = expect(reply, 200, 'the catalogue')
      check(schemas.fault('Catalog', catalogue))
      if (holds(catalogue, datasetId)) return
      const next = /<([^>]+)>\s*;[^,]*\brel="?next"?/i.exec(reply.headers.get('link') ?? '')
      if (!next) throw new Error(`the catalogue holds ${count(catalogue)} datasets and not ${datasetId}`)
      reply = await connector.get(new URL(next[1], `${connector.base}/`).href)
    }
    throw new Error(`${datasetId} is not within the first ${MOST_PAGES} pages of the catalogue`)
  },

  'CAT:01-02': async ({ connector, schemas }, { datasetId }) => {
    const dataset = expect(await connector.get(`${connector.base}/catalog/datasets/${segment(datasetId)}`), 200, 'the dataset')
    check(schemas.fault('Dataset', dataset))
    if (dataset['@id'] !== datasetId) throw new Error(`dataset ${datasetId} was asked for, and the answer is ${dataset['@id']}`)
  },

  'CAT:01-03': async ({ connector, schemas }, { datasetId }) => {
    const error = expect(await connector.get(`${connector.base}/catalog/datasets/${segment(datasetId)}`), 404, 'the answer')
    check(schemas.fault('CatalogError', error))
  },
}

/** @param {import('./connector.mjs').Reply} reply @param {number} status @param {string} what */
function expect(reply, status, what) {
  if (reply.status !== status) throw new Error(`${what} came with ${reply.status} and not ${status}: ${short(reply.text)}`)
  return jsonOf(reply, what)
}

/** @param {string | null} fault */
function check(fault) {
  if (fault) throw new Error(fault)
}

/** @param {any} catalogue @param {string} datasetId @returns {boolean} */
function holds(catalogue, datasetId) {
  return (catalogue.dataset ?? []).some(one => one['@id'] === datasetId) || (catalogue.catalog ?? []).some(one => holds(one, datasetId))
}

/** @param {any} catalogue @returns {number} */
function count(catalogue) {
  return (catalogue.dataset ?? []).length + (catalogue.catalog ?? []).reduce((sum, one) => sum + count(one), 0)
}
