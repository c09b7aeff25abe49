// The connector under test, as the kit reaches it over HTTP.
const ATTEMPTS = 3 // the public kit tries an unwanted refusal again after 200 ms and after 400 ms
const FIRST_PAUSE = 200

/** @typedef {{ status: number, type: string, text: string, body: any, headers: Headers }} Reply */

export class Connector {
  /**
   * @param {object} options
   * @param {string} options.base where the protocol is served
   * @param {string} options.root below which `/.well-known/dspace-version` is
   * @param {string} [options.authorization]
   * @param {boolean} options.strict an unwanted refusal is not tried again
   * @param {number} options.wait milliseconds
   */
  constructor({ base, root, authorization, strict, wait }) {
    this.base = base.replace(/\/+$/, '')
    this.root = root.replace(/\/+$/, '')
    this.authorization = authorization
    this.strict = strict
    this.wait = wait
  }

  /** @param {string} url @param {boolean} [anonymous] @returns {Promise<Reply>} */
  get(url, anonymous = false) {
    return this.#ask('GET', url, undefined, anonymous)
  }

  /** Sends a message, whatever becomes of it. @param {string} url @param {object} message @returns {Promise<Reply>} */
  post(url, message) {
    return this.#ask('POST', url, message)
  }

  /**
   * Sends a message that has to be taken.
   * @param {string} url @param {object} message @returns {Promise<Reply>}
   */
  async send(url, message) {
    for (let attempt = 1, pause = FIRST_PAUSE; ; attempt++, pause *= 2) {
      const reply = await this.#ask('POST', url, message)
      if (reply.status >= 200 && reply.status < 300) return reply
      const again = reply.status >= 400 && reply.status < 500 && reply.status !== 404
      if (this.strict || !again || attempt === ATTEMPTS) throw new Error(`POST ${url} was answered ${reply.status} and not 2xx: ${short(reply.text)}`)
      await new Promise(resolve => setTimeout(resolve, pause))
    }
  }

  /**
   * Sends a message that has to be refused: 4xx, and not 404, since the process is there.
   * @param {string} url @param {object} message @returns {Promise<Reply>}
   */
  async sendIllegal(url, message) {
    const reply = await this.#ask('POST', url, message)
    if (reply.status < 400 || reply.status >= 500 || reply.status === 404) throw new Error(`it was answered ${reply.status} and not with a 4xx other than 404: ${short(reply.text)}`)
    return reply
  }

  /** @param {string} method @param {string} url @param {object} [message] @param {boolean} [anonymous] @returns {Promise<Reply>} */
  async #ask(method, url, message, anonymous = false) {
    /** @type {Record<string, string>} */
    const headers = { Accept: 'application/json' }
    if (message) headers['Content-Type'] = 'application/json'
    if (this.authorization && !anonymous) headers.Authorization = this.authorization
    try {
      const response = await fetch(url, { method, headers, body: message && JSON.stringify(message), redirect: 'manual', signal: AbortSignal.timeout(this.wait) })
      const text = await response.text()
      const type = response.headers.get('content-type') ?? ''
      return { status: response.status, type, text, body: parse(text), headers: response.headers }
    } catch (error) {
      throw new Error(`${method} ${url} got no answer: ${error.cause?.message ?? error.message}`)
    }
  }
}

/** The JSON of a reply that has to be JSON. @param {Reply} reply @param {string} what */
export function jsonOf(reply, what) {
  if (!/^application\/json\s*(;|$)/i.test(reply.type)) throw new Error(`${what} has Content-Type ${reply.type || 'absent'}, not application/json`)
  if (reply.body === undefined) throw new Error(`${what} is not JSON: ${short(reply.text)}`)
  return reply.body
}

/** A process id as one segment of a path, as written where that is allowed. @param {string} id */
export function segment(id) {
  return encodeURIComponent(id).replace(/%(3A|40|21|24|26|27|28|29|2A|2B|2C|3B|3D)/g, decodeURIComponent)
}

/** @param {string} text */
export function short(text) {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text || '(empty)'
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
