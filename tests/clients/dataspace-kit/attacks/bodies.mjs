// Bodies that no honest partner sends. Each is refused, and nothing is begun or changed by it.
import { gzipSync } from 'node:zlib'
import { request } from 'node:http'
import { must, refused } from './target.mjs'

/** @typedef {import('./target.mjs').Target} Target */
const MOST_READ = 32 << 20

/** @type {import('../attacks.mjs').Probe[]} */
export const BODIES = [
  {
    id: 'BODY:01', source: 'bounded size', what: 'a body declared to be 1 GiB is refused before it is sent',
    async run(target) {
      const answer = await target.raw(target.head('POST', '/negotiations/request', 'Content-Type: application/json', 'Content-Length: 1073741824') + '{"@context":[', target.wait)
      must(/^HTTP\/1\.1 4\d\d /.test(answer), `the answer was ${firstLine(answer)} and not a 4xx`)
    },
  },
  {
    id: 'BODY:02', source: 'bounded size', what: 'an endless chunked body is refused and no longer read',
    async run(target) {
      const { status, written } = await endless(target)
      must(written < MOST_READ, `${written >> 20} MiB were read`)
      must(status === 0 || (status >= 400 && status < 500), `the answer was ${status}`)
    },
  },
  {
    id: 'BODY:03', source: 'bounded depth', what: 'JSON of 100,000 levels is refused',
    run: target => refusedBodies(target, body => [
      `${JSON.stringify(body).slice(0, -1)},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, '['.repeat(100_000), '{"a":'.repeat(100_000),
    ]),
  },
  {
    id: 'BODY:04', source: 'bounded depth', what: 'constraints of 1,000 levels are refused',
    run: target => refusedBodies(target, body => {
      let constraint = '{"leftOperand":"count","operator":"lteq","rightOperand":"1"}'
      for (let level = 0; level < 1000; level++) constraint = `{"and":[${constraint}]}`
      return [JSON.stringify(body).replace('"constraint":[]', `"constraint":[${constraint}]`)]
    }),
  },
  {
    id: 'BODY:05', source: 'one meaning', what: 'repeated members are refused, also the same twice',
    run: target => refusedBodies(target, body => {
      const text = JSON.stringify(body)
      return [
        text.replace('{', '{"consumerPid":"urn:other",'), text.replace('{', `{"consumerPid":${JSON.stringify(body.consumerPid)},`), text.replace('{', '{"@type":"ContractOfferMessage",'),
        text.replace('"offer":{', '"offer":{"@id":"other",'), text.replace('{', '{"consumer\\u0050id":"urn:other",'),
      ]
    }),
  },
  {
    id: 'BODY:06', source: 'RFC 8259', what: 'what is no JSON object is refused',
    run: target => refusedBodies(target, body => {
      const text = JSON.stringify(body)
      return ['', ' ', 'null', 'true', '1', '"text"', '[]', '{}', `[${text}]`, text.slice(0, -1), `${text}${text}`, `${text},`, `${text}\u0000`, text.replace(/"/g, "'"), `/* */${text}`, text.replace('}', ',}')]
    }),
  },
  {
    id: 'BODY:07', source: 'RFC 8259', what: 'bytes that are not UTF-8 are refused',
    run: target => refusedBodies(target, body => {
      const text = JSON.stringify(body)
      const broken = bytes => Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"'), Buffer.from(bytes), Buffer.from('"}')])
      return [broken([0xff]), broken([0xc0, 0xae]), broken([0xed, 0xa0, 0x80]), broken([0xe2, 0x82]), Buffer.from(text, 'utf16le')]
    }),
  },
  {
    id: 'BODY:08', source: 'robust', what: 'half a surrogate, NUL and giant numbers end in an answer that is no 5xx',
    async run(target) {
      for (const [change, as] of [['"\\ud800"', 'half a surrogate'], ['"a\\u0000b"', 'NUL'], ['"\\u202e\\uFFFF"', 'marks of direction']]) {
        const { body } = target.prepare('CN:02-02')
        const reply = await target.post('/negotiations/request', JSON.stringify(body).replace(JSON.stringify(body.consumerPid), change))
        must(reply.status < 500, `consumerPid with ${as} was answered ${reply.status}`)
      }
      for (const number of ['1e400', '-1e400', `1${'0'.repeat(5000)}`, `0.${'1'.repeat(5000)}`]) {
        const { body } = target.prepare('CN:02-02')
        const reply = await target.post('/negotiations/request', JSON.stringify(body).replace('{', `{"x":${number},`))
        must(reply.status < 500, `an unknown member ${number.slice(0, 10)}… was answered ${reply.status}`)
      }
    },
  },
  {
    id: 'BODY:09', source: 'bounded size', what: 'a compressed body is refused, a bomb above all',
    async run(target) {
      const { body } = target.prepare('CN:02-02')
      const bomb = gzipSync(Buffer.concat([Buffer.from(JSON.stringify(body).slice(0, -1)), Buffer.alloc(64 << 20, ' '), Buffer.from('}')]))
      refused(await target.post('/negotiations/request', bomb, { headers: { 'Content-Encoding': 'gzip' } }), 'a gzip bomb')
    },
  },
  {
    id: 'BODY:10', source: 'protocol', what: 'a body that is not said to be JSON is refused',
    async run(target) {
      const begun = await target.begin('CN:02-02')
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/xml', 'application/octet-stream', 'application/jsonp', 'text/json,application/json']) {
        refused(await target.post(target.path(begun, 'terminate'), target.message(begun, 'terminate'), { headers: { 'Content-Type': type } }), `Content-Type ${type}`)
        must(await target.state(begun) === 'REQUESTED', `the state changed by a body of ${type}`)
      }
    },
  },
  {
    id: 'BODY:11', source: 'protocol', what: 'a first request that breaks its schema is refused, in each of its members',
    run: target => refusedMutants(target, 'CN:02-02', 'request'),
  },
  {
    id: 'BODY:12', source: 'protocol', what: 'a transfer request that breaks its schema is refused, in each of its members',
    run: target => refusedMutants(target, 'TP:02-05', 'request'),
  },
  {
    id: 'BODY:13', source: 'protocol', what: 'a termination and a suspension that break their schemas are refused and change nothing',
    async run(target) {
      await refusedMutants(target, 'CN:02-02', 'terminate')
      await refusedMutants(target, 'TP:02-01', 'suspend', 'start')
    },
  },
  {
    id: 'BODY:14', source: 'protocol', what: 'a counter request that breaks its schema is refused and changes nothing',
    run: target => refusedMutants(target, 'CN:03-02', 'counter', 'offer'),
  },
]

/** @param {Target} target @param {(body: any) => (string | Buffer)[]} make bodies from a right one */
async function refusedBodies(target, make) {
  for (const body of make(target.prepare('CN:02-02').body)) {
    const reply = await target.post('/negotiations/request', body)
    refused(reply, `the body ${JSON.stringify(String(body).slice(0, 60))}`)
  }
}

/**
 * Leaves out each member in turn, and puts other kinds of values into it. Only what breaks the schema is sent.
 * @param {Target} target @param {string} sequenceId @param {string} name @param {...string} awaited
 */
async function refusedMutants(target, sequenceId, name, ...awaited) {
  const isFirst = name === 'request'
  let begun = isFirst ? undefined : await target.begin(sequenceId, ...awaited)
  const { side, body } = begun ? { side: begun.side, body: target.message(begun, name) } : target.prepare(sequenceId)
  const before = begun && (await target.state(begun))
  const wrong = []
  for (const [text, place] of mutants(body)) {
    if (target.schemas.fault(body['@type'], JSON.parse(text)) === null) continue
    const { providerPid, consumerPid } = begun?.side.process ?? {}
    const own = begun ? text.replaceAll(body.providerPid, providerPid ?? '').replaceAll(body.consumerPid, consumerPid ?? '') : text
    const reply = await target.post(begun ? target.path(begun, name) : `/${side.process.kind}/request`, own)
    const state = begun && (await target.state(begun))
    if (reply.status < 400 || reply.status >= 500 || state !== before) wrong.push(`${place} (${reply.status}${state === before ? '' : `, then ${state}`})`)
    if (state !== before) begun = await target.begin(sequenceId, ...awaited)
  }
  must(wrong.length === 0, `not refused: ${wrong.join(', ')}`)
}

/** Each member left out in turn, or another kind of value in it. @param {any} body @returns {[string, string][]} text and what was done */
export function mutants(body) {
  /** @type {[string, string][]} */
  const list = []
  const visit = (node, place) => {
    for (const key of Object.keys(node)) {
      const value = node[key]
      delete node[key]
      list.push([JSON.stringify(body), `${place}/${key} left out`])
      for (const other of [null, 7, true, '', [], {}, [null]]) {
        node[key] = other
        list.push([JSON.stringify(body), `${place}/${key} = ${JSON.stringify(other)}`])
      }
      node[key] = value
      if (value !== null && typeof value === 'object') visit(value, `${place}/${key}`)
    }
  }
  visit(body, '')
  body.providerPid ??= 'urn:any'
  list.push([JSON.stringify(body), 'both addresses'])
  return list
}

/** @param {Target} target @returns {Promise<{ status: number, written: number }>} */
function endless(target) {
  return new Promise(resolve => {
    let written = 0
    let status = 0
    const part = Buffer.alloc(64 << 10, ' ')
    const sent = request({ host: target.url.hostname, port: target.url.port, method: 'POST', path: `${target.url.pathname}/negotiations/request`, agent: false, headers: { Authorization: target.authorization, 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' } })
    const done = () => { clearTimeout(timer); sent.destroy(); resolve({ status, written }) }
    const timer = setTimeout(done, target.wait)
    sent.on('response', response => { status = response.statusCode ?? 0; done() }).on('error', done)
    const more = () => {
      while (written < MOST_READ && !sent.destroyed) {
        written += part.length
        if (!sent.write(part)) return void sent.once('drain', more)
      }
    }
    sent.write('{"@context":[')
    more()
  })
}

/** @param {string} text */
export const firstLine = text => text === '' ? 'nothing' : text.slice(0, Math.max(0, text.indexOf('\r\n')))
