// Messages that are well formed and sent to the wrong process, by the wrong partner, twice, or at the same time.
import { segment } from '../connector.mjs'
import { MESSAGES } from '../protocol.mjs'
import { must, pause, refused, taken } from './target.mjs'

/** @typedef {import('./target.mjs').Target} Target */
/** @typedef {import('./target.mjs').Begun} Begun */
const ROUNDS = 20

/** @type {import('../attacks.mjs').Probe[]} */
export const PROCESSES = [
  {
    id: 'PID:01', source: 'protocol', what: 'ids of a process that do not belong together are refused, and neither process changes',
    async run(target) {
      const [one, other] = [await target.begin('CN:02-02'), await target.begin('CN:02-02')]
      const [mine, others] = [one.side.process, other.side.process]
      for (const pids of [
        { providerPid: others.providerPid }, { consumerPid: others.consumerPid }, { providerPid: others.providerPid, consumerPid: others.consumerPid },
        { providerPid: mine.consumerPid, consumerPid: mine.providerPid }, { providerPid: `${mine.providerPid} ` }, { providerPid: mine.providerPid?.toUpperCase() }, { consumerPid: '' },
      ]) {
        refused(await target.send(one, 'terminate', pids), `the ids ${JSON.stringify(pids)}`)
        for (const begun of [one, other]) must(await target.state(begun) === 'REQUESTED', `a process changed by the ids ${JSON.stringify(pids)}`)
      }
    },
  },
  {
    id: 'PID:02', source: 'protocol', what: 'an unknown process is 404 with an error object, whatever is asked of it',
    async run(target) {
      const begun = await target.begin('CN:02-02')
      for (const kind of /** @type {const} */ (['negotiations', 'transfers'])) {
        const id = target.unknown()
        const shown = await target.ask('GET', `/${kind}/${segment(id)}`)
        must(shown.status === 404, `GET of an unknown process is ${shown.status}`)
        must(shown.body !== undefined && /Error$/.test(shown.body['@type']), `GET of an unknown process answers ${shown.text.slice(0, 100)}`)
      }
      for (const name of ['counter', 'accept', 'verify', 'terminate']) {
        const id = target.unknown()
        const path = `/negotiations/${MESSAGES.negotiations[name].path.replace('PID', segment(id))}`
        const reply = await target.post(path, target.message(begun, name, { providerPid: id }))
        must(reply.status === 404, `${name} for an unknown process is ${reply.status}`)
      }
    },
  },
  {
    id: 'PID:03', source: 'protocol', what: 'a negotiation is not found among the transfers',
    async run(target) {
      const begun = await target.begin('CN:02-02')
      const shown = await target.ask('GET', `/transfers/${segment(begun.pid)}`)
      must(shown.status === 404, `it is answered ${shown.status}`)
    },
  },
  {
    id: 'PID:04', source: 'protocol', what: 'a transfer request that comes again does not begin a second transfer',
    async run(target) {
      const { body } = target.prepare('TP:02-05')
      const replies = [await target.post('/transfers/request', body), await target.post('/transfers/request', body)]
      must(taken(replies[0]), `the first is answered ${replies[0].status}`)
      must(!taken(replies[1]) || replies[1].body?.providerPid === replies[0].body?.providerPid, `a second process was begun: ${replies[1].text.slice(0, 200)}`)
      must(replies[1].status < 500, `the second is answered ${replies[1].status}`)
    },
  },
  {
    id: 'PID:05', source: 'no oracle', what: "another partner's process answers exactly as an unknown one does",
    needs: target => target.otherAuthorization ? null : '--other-authorization is not given',
    async run(target) {
      const begun = await target.begin('CN:02-02')
      const as = { authorization: target.otherAuthorization }
      for (const [what, ask] of /** @type {[string, (id: string) => Promise<import('./target.mjs').Reply>][]} */ ([
        ['GET', id => target.ask('GET', `/negotiations/${segment(id)}`, as)],
        ['POST', id => target.post(`/negotiations/${segment(id)}/termination`, target.message(begun, 'terminate', { providerPid: id }), as)],
      ])) {
        const times = { foreign: /** @type {number[]} */ ([]), unknown: /** @type {number[]} */ ([]) }
        for (let round = 0; round < 100; round++) {
          const none = target.unknown()
          const [foreign, unknown] = [await timed(times.foreign, () => ask(begun.pid)), await timed(times.unknown, () => ask(none))]
          must(foreign.status === 404 && unknown.status === 404, `${what}: ${foreign.status} and ${unknown.status}`)
          must(foreign.text.replaceAll(begun.pid, 'ID') === unknown.text.replaceAll(none, 'ID'), `${what}: the bodies differ: ${foreign.text} and ${unknown.text}`)
        }
        const [foreign, unknown] = [median(times.foreign), median(times.unknown)]
        must(Math.abs(foreign - unknown) < 1 + Math.min(foreign, unknown), `${what}: ${foreign.toFixed(2)} ms for another partner's and ${unknown.toFixed(2)} ms for none`)
      }
      must(await target.state(begun) === 'REQUESTED', 'the process changed')
    },
  },
  {
    id: 'PID:06', source: 'protocol', what: "a first request about another dataset is not answered with the process of an earlier one, though it bears that one's id",
    async run(target) {
      const { body } = target.prepare('CN:02-02')
      const first = await target.post('/negotiations/request', body)
      must(taken(first), `the first is answered ${first.status}`)
      const { body: other } = target.prepare('CN:02-04')
      const second = await target.post('/negotiations/request', { ...other, consumerPid: body.consumerPid })
      must(!taken(second) || second.body?.providerPid !== first.body?.providerPid, `it was answered ${second.status} with the first one's process`)
      must(second.status < 500, `it was answered ${second.status}`)
    },
  },
  {
    id: 'RACE:01', source: 'protocol', what: 'of an acceptance and a counter request at once exactly one is taken, and the state is its state',
    run: target => race(target, 'CN:03-03', ['offer'], [['accept', 'ACCEPTED'], ['counter', 'REQUESTED']]),
  },
  {
    id: 'RACE:02', source: 'protocol', what: 'of a completion and a suspension at once exactly one is taken, and the state is its state',
    run: target => race(target, 'TP:02-02', ['start'], [['complete', 'COMPLETED'], ['suspend', 'SUSPENDED']]),
  },
  {
    id: 'RACE:03', source: 'protocol', what: 'an acceptance and a termination at once end terminated, in whichever order they were taken',
    async run(target) {
      for (let round = 0; round < ROUNDS; round++) {
        const begun = await target.begin('CN:03-03', 'offer')
        const [accepted, terminated] = await Promise.all([target.send(begun, 'accept'), target.send(begun, 'terminate')])
        must(taken(terminated), `the termination was answered ${terminated.status}`)
        must(taken(accepted) || (accepted.status >= 400 && accepted.status < 500 && accepted.status !== 404), `the acceptance was answered ${accepted.status}`)
        must(await target.state(begun) === 'TERMINATED', `the state is ${await target.state(begun)}`)
        refused(await target.send(begun, 'counter'), 'a counter request after the termination')
      }
    },
  },
  {
    id: 'RACE:04', source: 'decision 6', what: 'an acceptance sent 20 times at once has its effect once',
    async run(target) {
      const begun = await target.begin('CN:01-03', 'offer')
      begun.side.begin('ACCEPTED')
      const body = target.message(begun, 'accept')
      const replies = await Promise.all(Array.from({ length: 20 }, () => target.post(target.path(begun, 'accept'), body)))
      must(replies.some(taken), `none was taken: ${replies[0].status}`)
      must(replies.every(reply => reply.status < 500), 'one was answered 5xx')
      begun.side.end(true)
      await begun.side.take('agree', Date.now() + target.wait)
      await pause(300)
      begun.side.close()
      must(await target.state(begun) === 'AGREED', `the state is ${await target.state(begun)}`)
    },
  },
  {
    id: 'RACE:05', source: 'protocol', what: 'the same first request 20 times at once leaves every process readable',
    async run(target) {
      const { side, body } = target.prepare('CN:02-02')
      const replies = await Promise.all(Array.from({ length: 20 }, () => target.post('/negotiations/request', body)))
      must(replies.every(reply => reply.status < 500), 'one was answered 5xx')
      const pids = [...new Set(replies.filter(taken).map(reply => reply.body?.providerPid))]
      must(pids.length >= 1, 'none was taken')
      for (const pid of pids) must(await target.state({ side, pid }) === 'REQUESTED', `${pid} is ${await target.state({ side, pid })}`)
    },
  },
  { id: 'REPEAT:01', source: 'decision 6', what: 'an acceptance that comes again is done already', run: target => again(target, 'CN:03-03', ['offer'], ['accept'], 'ACCEPTED') },
  { id: 'REPEAT:02', source: 'decision 6', what: 'a termination that comes again is done already', run: target => again(target, 'CN:02-02', [], ['terminate'], 'TERMINATED') },
  { id: 'REPEAT:03', source: 'decision 6', what: 'a completion that comes again is done already', run: target => again(target, 'TP:02-02', ['start'], ['complete'], 'COMPLETED') },
  { id: 'REPEAT:04', source: 'decision 6', what: 'a suspension that comes again is done already', run: target => again(target, 'TP:02-03', ['start'], ['suspend'], 'SUSPENDED') },
]

/**
 * Two messages at once, both allowed in the state and neither after the other.
 * @param {Target} target @param {string} sequenceId @param {string[]} awaited @param {[string, string][]} rivals names and the states after them
 */
async function race(target, sequenceId, awaited, rivals) {
  for (let round = 0; round < ROUNDS; round++) {
    const begun = await target.begin(sequenceId, ...awaited)
    const order = round % 2 === 0 ? rivals : [...rivals].reverse()
    const replies = await Promise.all(order.map(([name]) => target.send(begun, name)))
    const winners = order.filter((_, index) => taken(replies[index]))
    must(winners.length === 1, `${winners.length} were taken: ${replies.map(reply => reply.status).join(' and ')}`)
    must(replies.every(reply => taken(reply) || (reply.status >= 400 && reply.status < 500 && reply.status !== 404)), `one was answered ${replies.map(reply => reply.status).join(' and ')}`)
    must(await target.state(begun) === winners[0][1], `${winners[0][0]} was taken and the state is ${await target.state(begun)}`)
    begun.side.throwFaults()
  }
}

/** @param {Target} target @param {string} sequenceId @param {string[]} awaited @param {string[]} names @param {string} state */
async function again(target, sequenceId, awaited, names, state) {
  const begun = await target.begin(sequenceId, ...awaited)
  for (const name of names) {
    const body = target.message(begun, name)
    for (let time = 1; time <= 3; time++) {
      const reply = await target.post(target.path(begun, name), body)
      must(taken(reply), `${name} for the ${time}. time was answered ${reply.status}`)
      must(await target.state(begun) === state, `after ${name} for the ${time}. time the state is ${await target.state(begun)}`)
    }
  }
  await pause(200)
  begun.side.close()
}

/** @template T @param {number[]} times @param {() => Promise<T>} work @returns {Promise<T>} */
async function timed(times, work) {
  const begun = performance.now()
  const result = await work()
  times.push(performance.now() - begun)
  return result
}

/** @param {number[]} numbers */
const median = numbers => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]
