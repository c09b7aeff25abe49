// Addresses that a partner wants to be called at and must not be, and servers behind allowed addresses that misbehave.
import { createServer } from 'node:http'
import { must, pause, taken } from './target.mjs'

/** @typedef {import('./target.mjs').Target} Target */
const MOST_READ = 32 << 20

/** What is no plain web address. */
const FOREIGN = [
  '', ' ', 'abc', '/dsp', '//127.0.0.1/x', 'file:///etc/passwd', 'file://127.0.0.1/c$/x', 'ftp://127.0.0.1/x', 'gopher://127.0.0.1/x', 'javascript:alert(1)', 'data:application/json,{}', 'unix:/run/x',
  'ws://127.0.0.1/x', 'mailto:a@example.org', 'http://', 'http:///x', 'http://user:secret@127.0.0.1/x', 'http://user@127.0.0.1/x', 'http://127.0.0.1/x#fragment', 'http://127.0.0.1:99999/x',
  'http://127.0.0.1/x\r\nX-Injected: 1', 'http://127.0.0.1/\u0000', `http://127.0.0.1/${'x'.repeat(100_000)}`,
]

/** Web addresses at which no partner can be: link-local (with it the clouds' metadata), unspecified, multicast, broadcast, port 0. */
const NOBODYS = [
  'http://169.254.169.254/latest/meta-data', 'http://[fe80::1]/x', 'http://[::ffff:169.254.169.254]/x', 'http://2852039166/latest', 'http://0xa9fea9fe/', 'http://0251.0376.0251.0376/', 'http://0.0.0.0/x',
  'http://[::]/x', 'http://224.0.0.1/x', 'http://255.255.255.255/x', 'http://[ff02::1]/x', 'http://127.0.0.1:0/x',
]

/** @type {import('../attacks.mjs').Probe[]} */
export const CALLBACKS = [
  {
    id: 'CALLBACK:01', source: 'guarded way out', what: 'a callback address that is no plain web address is refused at once, for a negotiation',
    run: target => refusedAddresses(target, 'CN:02-02', FOREIGN),
  },
  {
    id: 'CALLBACK:02', source: 'guarded way out', what: 'a callback address that is no plain web address is refused at once, for a transfer',
    run: target => refusedAddresses(target, 'TP:02-05', FOREIGN),
  },
  {
    id: 'CALLBACK:03', source: 'guarded way out', what: 'a redirection of a callback is not followed',
    async run(target) {
      for (const status of [301, 302, 303, 307, 308]) {
        let followed = false
        const behind = await listen((_, response) => { followed = true; response.writeHead(200).end() })
        let called = false
        const server = await listen((_, response) => { called = true; response.writeHead(status, { Location: `${behind.address}/private` }).end() })
        try {
          const { body } = target.prepare('CN:01-01')
          const reply = await target.post('/negotiations/request', { ...body, callbackAddress: server.address })
          must(reply.status === 201, `the request was answered ${reply.status}`)
          for (const deadline = Date.now() + target.wait; !called && Date.now() < deadline;) await pause(20)
          must(called, 'the callback was not called')
          await pause(500)
          must(!followed, `a redirection with ${status} was followed`)
        } finally {
          await Promise.all([server.close(), behind.close()])
        }
      }
    },
  },
  {
    id: 'CALLBACK:04', source: 'bounded time', what: 'a partner who never answers holds up nobody else',
    async run(target) {
      const server = await listen(() => {})
      try {
        for (let count = 0; count < 20; count++) {
          const { body } = target.prepare('CN:01-01')
          must(taken(await target.post('/negotiations/request', { ...body, callbackAddress: server.address })), 'a request was not taken')
        }
        const begun = performance.now()
        await target.begin('CN:01-01', 'offer')
        must(performance.now() - begun < target.wait, 'another negotiation had to wait')
      } finally {
        await server.close()
      }
    },
  },
  {
    id: 'CALLBACK:05', source: 'bounded size', what: 'an endless answer to a callback is not read to its end',
    async run(target) {
      let written = 0
      let gone = false
      const server = await listen((_, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' })
        const part = Buffer.alloc(64 << 10, ' ')
        const more = () => {
          while (written < MOST_READ && !gone) {
            written += part.length
            if (!response.write(part)) return void response.once('drain', more)
          }
        }
        response.on('close', () => { gone = true })
        more()
      })
      try {
        const { body } = target.prepare('CN:01-01')
        must(taken(await target.post('/negotiations/request', { ...body, callbackAddress: server.address })), 'the request was not taken')
        for (const deadline = Date.now() + target.wait; !gone && written < MOST_READ && Date.now() < deadline;) await pause(50)
        must(written < MOST_READ, `${written >> 20} MiB were read`)
        await target.begin('CN:02-02')
      } finally {
        await server.close()
      }
    },
  },
  {
    id: 'CALLBACK:06', source: 'robust', what: 'nonsense as the answer to a callback harms nothing else',
    async run(target) {
      for (const answer of ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{', 'HTTP/1.1 999 ?\r\n\r\n', 'nonsense\r\n\r\n', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(300_000)}\r\n\r\n`, 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nnull']) {
        const server = await listen((incoming, _) => incoming.socket.end(answer))
        try {
          const { body } = target.prepare('CN:01-01')
          must(taken(await target.post('/negotiations/request', { ...body, callbackAddress: server.address })), 'the request was not taken')
          await pause(200)
        } finally {
          await server.close()
        }
      }
      await target.begin('CN:01-01', 'offer')
    },
  },
  {
    id: 'CALLBACK:07', source: 'guarded way out', what: 'a callback address at which no partner can be is refused at once',
    async run(target) {
      await refusedAddresses(target, 'CN:02-02', NOBODYS)
      await refusedAddresses(target, 'TP:02-05', NOBODYS)
    },
  },
]

/** @param {Target} target @param {string} sequenceId @param {string[]} addresses */
async function refusedAddresses(target, sequenceId, addresses) {
  const wrong = []
  for (const callbackAddress of addresses) {
    const { side, body } = target.prepare(sequenceId)
    const reply = await target.post(`/${side.process.kind}/request`, { ...body, callbackAddress })
    if (reply.status < 400 || reply.status >= 500) wrong.push(`${JSON.stringify(callbackAddress.slice(0, 60))} (${reply.status})`)
  }
  must(wrong.length === 0, `not refused: ${wrong.join(', ')}`)
}

/** @param {import('node:http').RequestListener} handler */
async function listen(handler) {
  const server = createServer(handler)
  await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const close = () => { server.closeAllConnections(); return new Promise(resolve => server.close(() => resolve(undefined))) }
  return { address: `http://127.0.0.1:${port}`, close }
}
