// A provider who lies to a connector that negotiates with it.
import { PROCESS_TYPE, processObject } from '../protocol.mjs'
import { mutants } from './bodies.mjs'
import { must, pause, refused, taken } from './target.mjs'

/** @typedef {import('./target.mjs').Target} Target */
const needs = (/** @type {Target} */ target) => target.negotiateUrl ? null : '--negotiate-url is not given'

/** @type {import('../attacks.mjs').Probe[]} */
export const PROVIDER = [
  {
    id: 'LIE:01', source: 'one negotiation, one dataset', what: 'an offer or an agreement about another dataset than the requested one is refused', needs,
    async run(target) {
      for (const [name, member] of [['offer', 'offer'], ['agree', 'agreement']]) {
        const begun = await target.lure('CN_C:03-01')
        const body = target.message(begun, name)
        body[member].target = 'another-dataset'
        refused(await target.post(target.path(begun, name), body), `${name} about another dataset`)
        await unchanged(target, begun, 'REQUESTED')
      }
    },
  },
  {
    id: 'LIE:02', source: 'protocol', what: 'an agreement that breaks its schema is refused and changes nothing', needs,
    async run(target) {
      const wrong = []
      let begun = await target.lure('CN_C:03-01')
      const body = target.message(begun, 'agree')
      for (const [text, place] of mutants(body)) {
        if (target.schemas.fault(body['@type'], JSON.parse(text)) === null) continue
        const { providerPid, consumerPid } = begun.side.process
        const reply = await target.post(target.path(begun, 'agree'), text.replaceAll(body.providerPid, providerPid ?? '').replaceAll(body.consumerPid, consumerPid ?? ''))
        const state = await target.state(begun)
        if (reply.status >= 400 && reply.status < 500 && state === 'REQUESTED') continue
        wrong.push(`${place} (${reply.status}, then ${state})`)
        begun = await target.lure('CN_C:03-01')
      }
      must(wrong.length === 0, `not refused: ${wrong.join(', ')}`)
    },
  },
  {
    id: 'LIE:03', source: 'protocol', what: 'a second agreement with other rules does not replace the first', needs,
    async run(target) {
      const begun = await target.lure('CN_C:03-01')
      must(taken(await target.send(begun, 'agree')), 'the first agreement was not taken')
      const second = target.message(begun, 'agree')
      second.agreement.permission = [{ action: 'delete' }]
      refused(await target.post(target.path(begun, 'agree'), second), 'the second agreement')
      await unchanged(target, begun, 'AGREED')
    },
  },
  {
    id: 'LIE:04', source: 'protocol', what: 'a first request answered with a state that is not REQUESTED does not lead there', needs,
    async run(target) {
      for (const state of ['FINALIZED', 'AGREED', 'TERMINATED', 'nonsense', '']) {
        const begun = await target.lure('CN_C:03-01', (side, incoming) => {
          const answer = side.receive(incoming)
          return incoming.method === 'GET' ? answer : { status: 201, body: { ...processObject(side.process), state } }
        })
        await pause(200)
        const shown = await target.state(begun)
        must(['REQUESTED', 'TERMINATED'].includes(shown), `after an answer with state ${JSON.stringify(state)} it is ${shown}`)
      }
    },
  },
  {
    id: 'LIE:05', source: 'robust', what: 'a first request answered with nonsense or with ids that cannot be harms nothing else', needs,
    async run(target) {
      const shapes = [
        null, [], {}, 'text', 7, { '@type': PROCESS_TYPE.negotiations }, { providerPid: 7 }, { providerPid: '' }, { providerPid: 'x\r\nX: 1' }, { providerPid: '../../..' }, { providerPid: 'x'.repeat(1 << 20) },
        { consumerPid: 'urn:other' }, { '@context': [] }, { '@type': 'TransferProcess' },
      ]
      for (const shape of shapes)
        await target.lure('CN_C:03-01', (side, incoming) => {
          const answer = side.receive(incoming)
          const whole = shape !== null && typeof shape === 'object' && !Array.isArray(shape) && Object.keys(shape).length > 0
          return { status: 201, body: whole ? { ...answer.body, .../** @type {object} */ (shape) } : /** @type {any} */ (shape) }
        })
      await pause(300)
      const begun = await target.lure('CN_C:03-01')
      must(taken(await target.send(begun, 'terminate')), 'an ordinary negotiation was not possible afterwards')
    },
  },
]

/** @param {Target} target @param {import('./target.mjs').Begun} begun @param {string} state */
async function unchanged(target, begun, state) {
  await pause(100)
  const shown = await target.state(begun)
  must(shown === state, `the state is ${shown} and not ${state}`)
}
