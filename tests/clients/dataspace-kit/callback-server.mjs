// The kit's HTTP server: one for all sequences, each below a path of its own, so that a late message of one cannot be taken for
// a message of another.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

const LARGEST_BODY = 1 << 20

/** @typedef {import('./counterpart.mjs').Incoming} Incoming */
/** @typedef {import('./counterpart.mjs').Answer} Answer */

export class CallbackServer {
  /** @type {Map<string, (incoming: Incoming) => Answer>} */
  #places = new Map()
  #server = createServer((request, response) => this.#serve(request, response))
  /** @type {Set<(call: { url: string, headers: import('node:http').IncomingHttpHeaders }) => void>} */
  #watchers = new Set()
  address = ''

  /**
   * @param {number} port 0 for any
   * @param {string} [address] how the connector reaches this server, where that is not 127.0.0.1
   */
  async listen(port, address) {
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, '127.0.0.1', () => resolve(undefined)))
    const bound = /** @type {import('node:net').AddressInfo} */ (this.#server.address())
    this.address = address?.replace(/\/+$/, '') ?? `http://127.0.0.1:${bound.port}`
  }

  /**
   * A place below which a handler answers.
   * @param {string} name @param {(incoming: Incoming) => Answer} handler
   * @returns {string} its address
   */
  open(name, handler) {
    const place = `${name.replace(/[^A-Za-z0-9]/g, '-')}-${randomUUID().slice(0, 8)}`
    this.#places.set(place, handler)
    return `${this.address}/${place}`
  }

  /**
   * Shows every request as it came, also those to no place.
   * @param {(call: { url: string, headers: import('node:http').IncomingHttpHeaders }) => void} watcher
   * @returns {() => void} ends it
   */
  watch(watcher) {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  close() {
    this.#server.closeAllConnections()
    return new Promise(resolve => this.#server.close(() => resolve(undefined)))
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async #serve(request, response) {
    for (const watcher of this.#watchers) watcher({ url: request.url ?? '', headers: request.headers })
    const path = new URL(request.url ?? '/', 'http://kit').pathname.replace(/\/+$/, '')
    const [, place, ...rest] = path.split('/').map(decode)
    const handler = this.#places.get(place)
    const body = await read(request)
    const answer = !handler ? { status: 404 } : body === null ? { status: 413 } : handler({ method: request.method ?? '', path: rest.join('/'), headers: request.headers, body })
    if (answer.body === undefined) return void response.writeHead(answer.status, { 'Content-Length': 0 }).end()
    response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer.body))
  }
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** @param {import('node:http').IncomingMessage} request */
async function read(request) {
  const parts = []
  let length = 0
  for await (const part of request) {
    length += part.length
    if (length <= LARGEST_BODY) parts.push(part)
  }
  return length > LARGEST_BODY ? null : Buffer.concat(parts)
}
