// What goes wrong below the messages: who calls, ids that are paths or header lines, requests that are two.
import { connect } from 'node:net'
import { segment } from '../connector.mjs'
import { firstLine } from './bodies.mjs'
import { must, pause, refused, taken } from './target.mjs'

/** Ids that would leave their place in a path, in a header or in a log. */
const EVIL_IDS = [
  '../../catalog/request', '..', '.', './x', 'a/../../b', '..\\..\\x', '%2e%2e%2f', 'x?state=FINALIZED', 'x#y', 'x;y=1', '//example.org/x', 'http://example.org/', ' ', 'a b', "' OR 1=1 --",
  '<script>', '${jndi:ldap://127.0.0.1/x}', '{0}', '%s%n', 'urn:x\r\nX-Injected: 1\r\n\r\nGET / HTTP/1.1', 'urn:x\nX-Injected: 1', 'a\u0000b', 'a\u2028b', '\u202egnp', '가나다',
]

/** @type {import('../attacks.mjs').Probe[]} */
export const WIRE = [
  {
    id: 'AUTH:01', source: 'deny by default', what: 'without the right Authorization nothing is told and nothing is begun',
    async run(target) {
      const begun = await target.begin('CN:02-02')
      const right = target.authorization
      for (const authorization of [null, '', ' ', 'Bearer', 'Bearer x', `${right}x`, right.slice(0, -1), right.toUpperCase() === right ? right.toLowerCase() : right.toUpperCase(), `Bearer ${right}`, `${right},${right}`]) {
        const { body } = target.prepare('CN:02-02')
        for (const [what, reply] of /** @type {const} */ ([
          ['a first request', await target.post('/negotiations/request', body, { authorization })],
          ['a termination', await target.post(target.path(begun, 'terminate'), target.message(begun, 'terminate'), { authorization })],
          ['a look at a process', await target.ask('GET', `/negotiations/${segment(begun.pid)}`, { authorization })],
          ['the catalogue', await target.post('/catalog/request', { '@context': body['@context'], '@type': 'CatalogRequestMessage' }, { authorization })],
        ])) {
          refused(reply, `${what} with Authorization ${JSON.stringify(authorization)}`)
          must(!reply.text.includes(right), 'the answer holds the right value')
        }
      }
      must(await target.state(begun) === 'REQUESTED', 'the process changed')
    },
  },
  {
    id: 'AUTH:02', source: 'RFC 9110', what: 'two Authorization headers are not a choice',
    async run(target) {
      for (const pair of [['Bearer other', target.authorization], [target.authorization, 'Bearer other']])
        refused(await target.ask('GET', `/negotiations/${segment(target.unknown())}`, { authorization: pair }), 'two of them')
      const begun = await target.begin('CN:02-02')
      refused(await target.ask('GET', `/negotiations/${segment(begun.pid)}`, { authorization: ['Bearer other', target.authorization] }), 'two of them, for a process that is there')
    },
  },
  {
    id: 'METHOD:01', source: 'protocol', what: 'a process can be neither replaced nor deleted',
    async run(target) {
      const begun = await target.begin('CN:02-02')
      for (const method of ['PUT', 'PATCH', 'DELETE']) refused(await target.ask(method, `/negotiations/${segment(begun.pid)}`, { body: '{}', headers: { 'Content-Type': 'application/json' } }), method)
      for (const method of ['GET', 'PUT', 'DELETE']) refused(await target.ask(method, `/negotiations/${segment(begun.pid)}/termination`), method)
      refused(await target.post(`/negotiations/${segment(begun.pid)}/termination?providerPid=x`, target.message(begun, 'verify')), 'another message at the place of a termination')
      refused(await target.post(target.path(begun, 'terminate'), target.message(begun, 'terminate'), { headers: { 'X-HTTP-Method-Override': 'DELETE', 'Content-Type': 'text/plain' } }), 'an overridden method')
      must(await target.state(begun) === 'REQUESTED', 'the process changed')
    },
  },
  {
    id: 'PATH:01', source: 'robust', what: 'ids in a path that are paths, lines or bytes end in 4xx',
    async run(target) {
      const ids = [...EVIL_IDS.map(id => encodeURIComponent(id).replace(/\./g, '%2e')), '%c0%ae%c0%ae%2f', '%ff%fe', '%', '%zz', '%u002e', '..%2f..%2f..%2fetc%2fpasswd', 'x'.repeat(6000), '%00', '%0d%0aX-Injected:%201']
      for (const id of ids)
        for (const place of ['/negotiations/', '/transfers/', '/catalog/datasets/']) {
          const reply = await target.ask('GET', place + id)
          refused(reply, `GET ${place}${id.slice(0, 60)}`)
          must(reply.headers['x-injected'] === undefined, `GET ${place}${id.slice(0, 60)} put a header into the answer`)
        }
    },
  },
  {
    id: 'ID:01', source: 'robust', what: "a partner's id that is a path or a line stays one segment of the callback's path, or is refused",
    async run(target) {
      /** @type {Map<string, string>} path of a place, and the id that was given for it */
      const places = new Map()
      const calls = []
      // Everything the server gets while this goes on is looked at, also what leaves the place of its callback.
      const stop = target.server.watch(call => calls.push(call))
      const called = place => calls.some(call => call.url.startsWith(place))
      for (const id of EVIL_IDS) {
        const { body } = target.prepare('CN:01-01')
        body.callbackAddress = target.server.open('evil', () => ({ status: 404 }))
        const place = new URL(body.callbackAddress).pathname
        places.set(place, id)
        const reply = await target.post('/negotiations/request', { ...body, consumerPid: id })
        must(reply.status < 500, `consumerPid ${JSON.stringify(id)} was answered ${reply.status}`)
        for (const deadline = Date.now() + (taken(reply) ? 1500 : 0); !called(place) && Date.now() < deadline;) await pause(20)
      }
      stop()
      for (const call of calls) {
        const [, first, kind, own, ...more] = call.url.split('/')
        const id = places.get(`/${first}`)
        must(id !== undefined || first.startsWith('attack-'), `one of the ids led to ${call.url}`)
        // The offer, or a look at what became of it.
        const stays = kind === 'negotiations' && decode(own) === id && ['', 'offers'].includes(more.join('/'))
        must(id === undefined || stays, `consumerPid ${JSON.stringify(id)} led to ${call.url}`)
        must(call.headers['x-injected'] === undefined, `consumerPid ${JSON.stringify(id)} put a header into the request`)
      }
    },
  },
  {
    id: 'WIRE:01', source: 'RFC 9112', what: 'a request with two lengths is one request or none',
    async run(target) {
      const smuggled = target.head('GET', '/negotiations/urn:smuggled')
      for (const lines of [
        ['Content-Type: application/json', `Content-Length: ${5 + smuggled.length}`, 'Transfer-Encoding: chunked'], ['Content-Length: 5', `Content-Length: ${5 + smuggled.length}`],
        ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], ['Transfer-Encoding: xchunked'], [`Content-Length: +${5 + smuggled.length}`], ['Content-Length: 0x5'], ['Content-Length: -1'],
        ['Transfer-Encoding : chunked'], ['Transfer-Encoding:\vchunked'],
      ]) {
        const text = await target.raw(`${target.head('POST', '/negotiations/request', ...lines)}0\r\n\r\n${smuggled}`)
        must(/^HTTP\/1\.1 [45]\d\d/.test(text), `${lines.join(' | ')} was answered ${firstLine(text)}`)
        must(!/^HTTP\/1\.1 5/.test(text), `${lines.join(' | ')} was answered ${firstLine(text)}`)
        must((text.match(/HTTP\/1\.1 \d\d\d/g) ?? []).length === 1, `${lines.join(' | ')} was answered more than once: a request was smuggled`)
      }
    },
  },
  {
    id: 'WIRE:02', source: 'RFC 9112', what: 'header lines that are folded, unnamed or hold NUL are refused, and so is another version',
    async run(target) {
      for (const line of ['X-A: b\r\n folded', ': unnamed', 'X-A\u0000: b', 'X-A: b\u0000c', 'X A: b', `X-A: ${'b'.repeat(200_000)}`]) {
        const text = await target.raw(target.head('GET', '/negotiations/urn:x', line))
        must(text === '' || /^HTTP\/1\.1 4\d\d/.test(text), `${JSON.stringify(line.slice(0, 40))} was answered ${firstLine(text)}`)
      }
    },
  },
  {
    id: 'WIRE:03', source: 'bounded time', what: 'a hundred connections that never finish their request do not hold up another one',
    async run(target) {
      const sockets = Array.from({ length: 100 }, (_, index) => {
        const socket = connect(Number(target.url.port || 80), target.url.hostname)
        socket.on('error', () => {})
        socket.write(index % 2 === 0 ? 'POST /dsp/negot' : `${target.head('POST', '/negotiations/request', 'Content-Type: application/json', 'Content-Length: 1000')}{`)
        return socket
      })
      try {
        await pause(300)
        const begun = await target.begin('CN:02-02')
        must(taken(await target.send(begun, 'terminate')), 'a termination was not taken meanwhile')
      } finally {
        for (const socket of sockets) socket.destroy()
      }
    },
  },
]

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
