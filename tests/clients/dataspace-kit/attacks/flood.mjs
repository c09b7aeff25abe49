// More open processes than a partner may have. It comes last and ends what it began.
import { messageBody } from '../protocol.mjs'
import { must, taken } from './target.mjs'

/** Requests under way at once; so many more than the bound may be open, and no more. */
const AT_ONCE = 32

/** @type {import('../attacks.mjs').Probe[]} */
export const FLOOD = [
  {
    id: 'FLOOD:01', source: 'bounded count', what: 'open negotiations are bounded, the refusal says so, and what was open stays usable',
    needs: target => target.flood > 0 ? null : '--flood is not given',
    async run(target) {
      const first = await target.begin('CN:02-02')
      const { side, body } = target.prepare('CN:02-02')
      /** @type {{ side: import('../counterpart.mjs').Counterpart, pid: string, consumerPid: string }[]} */
      const open = []
      /** @type {import('./target.mjs').Reply | undefined} */
      let refusal
      const fill = async () => {
        while (!refusal && open.length < target.flood + AT_ONCE) {
          const consumerPid = target.unknown()
          const reply = await target.post('/negotiations/request', { ...body, consumerPid })
          if (taken(reply)) open.push({ side, pid: reply.body.providerPid, consumerPid })
          else refusal ??= reply
        }
      }
      const end = async ({ pid, consumerPid }) => {
        const message = { ...messageBody('terminate', side.process, 'consumer'), providerPid: pid, consumerPid }
        must(taken(await target.post(target.path({ side, pid }, 'terminate'), message)), 'an open negotiation cannot be ended')
      }
      await Promise.all(Array.from({ length: AT_ONCE }, fill))
      try {
        must(refusal !== undefined, `${open.length} are open and none was refused`)
        must([429, 503].includes(refusal?.status ?? 0) || (refusal?.status ?? 0) === 400, `the refusal is ${refusal?.status}`)
        must(/Error$/.test(refusal?.body?.['@type']), `the refusal says ${refusal?.text.slice(0, 100)}`)
        must(await target.state(first) === 'REQUESTED', 'the first one is no longer readable')
      } finally {
        const drain = async () => {
          for (let next = open.pop(); next; next = open.pop()) await end(next)
        }
        await Promise.all(Array.from({ length: AT_ONCE }, drain))
      }
      must(taken(await target.send(first, 'terminate')), 'the first one cannot be ended')
    },
  },
]
