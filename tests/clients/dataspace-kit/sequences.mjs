// The sequences, one line each: `<` the connector under test sends, `>` the kit sends, `!` the kit sends and must be refused.
// Names and order are those of the public kit. Two of them are disabled there and run here. `BEYOND` has no counterpart there.
import { MESSAGES, isLegal } from './protocol.mjs'

/** @typedef {import('./protocol.mjs').Kind} Kind */
/** @typedef {import('./protocol.mjs').Role} Role */
/**
 * Beside the marks above: `?` the kit sends what has been done already, which may be taken or refused; `x` the kit sends what only
 * the other side may, which is refused in any way. Neither changes anything.
 * @typedef {{ mark: '<' | '>' | '!' | '?' | 'x', name: string }} Step
 */
/**
 * @typedef {object} Sequence
 * @property {string} id such as `CN_C:01-02`
 * @property {string} title the steps as written below, or what is asked
 * @property {Kind} [kind] absent where there is no process (version and catalogue)
 * @property {Role} role what the connector under test is
 * @property {Step[]} steps
 * @property {boolean} disabledUpstream
 * @property {string} [like] the sequence whose dataset or agreement it uses
 */

const DISABLED_UPSTREAM = ['TP:02-04', 'TP_C:02-04']

const QUESTIONS = {
  'MET:01-01': 'the version document lists 2025-1',
  'CAT:01-01': 'the catalogue holds the dataset',
  'CAT:01-02': 'the dataset can be read',
  'CAT:01-03': 'an unknown dataset is a catalogue error',
}

const SCRIPTS = {
  CN: {
    '01-01': '>request <offer >terminate',
    '01-02': '>request <offer >counter <terminate',
    '01-03': '>request <offer >accept <agree >verify <finalize',
    '01-04': '>request <agree >verify <finalize',
    '02-01': '>request <terminate',
    '02-02': '>request >terminate',
    '02-03': '>request <agree >terminate',
    '02-04': '>request <offer >terminate',
    '02-05': '>request <offer <terminate',
    '02-06': '>request <offer >accept <terminate',
    '02-07': '>request <agree >verify <terminate',
    '03-01': '>request <agree >verify <finalize !terminate',
    '03-02': '>request <offer !verify',
    '03-03': '>request <offer >accept !verify',
    '03-04': '>request <offer >counter !counter',
  },
  CN_C: {
    '01-01': '<request >offer <accept >agree <verify >finalize',
    '01-02': '<request >offer <counter >terminate',
    '01-03': '<request >offer <terminate',
    '01-04': '<request >agree <verify >finalize',
    '02-01': '<request >terminate',
    '02-02': '<request <terminate',
    '02-03': '<request >agree <terminate',
    '02-04': '<request >offer >terminate',
    '02-05': '<request >offer <accept >terminate',
    '02-06': '<request >agree <verify >terminate',
    '03-01': '<request !finalize',
    '03-02': '<request >offer !agree',
    '03-03': '<request >offer !finalize',
    '03-04': '<request >offer <accept !finalize',
    '03-05': '<request >offer <accept !offer',
    '03-06': '<request >offer <accept >agree !finalize',
  },
  TP: {
    '01-01': '>request <start <terminate',
    '01-02': '>request <start <complete',
    '01-03': '>request <start <suspend <terminate',
    '01-04': '>request <start <suspend <start <complete',
    '01-05': '>request <terminate',
    '02-01': '>request <start >terminate',
    '02-02': '>request <start >complete',
    '02-03': '>request <start >suspend >terminate',
    '02-04': '>request <start >suspend >start >complete',
    '02-05': '>request >terminate',
    '03-01': '>request !complete',
    '03-02': '>request !suspend',
    '03-03': '>request <start >suspend !complete',
    '03-04': '>request <start >terminate !start',
    '03-05': '>request <start >terminate !suspend',
    '03-06': '>request <start >terminate !complete',
  },
  TP_C: {
    '01-01': '<request >start >terminate',
    '01-02': '<request >start >complete',
    '01-03': '<request >start >suspend >terminate',
    '01-04': '<request >start >suspend >start >complete',
    '01-05': '<request >terminate',
    '02-01': '<request >start <terminate',
    '02-02': '<request >start <complete',
    '02-03': '<request >start <suspend <terminate',
    '02-04': '<request >start <suspend <start <complete',
    '02-05': '<request <terminate',
    '03-01': '<request !complete',
    '03-02': '<request !suspend',
    '03-03': '<request >start >suspend !complete',
    '03-04': '<request >start >terminate !start',
    '03-05': '<request >start >terminate !suspend',
    '03-06': '<request >start >terminate !complete',
  },
}

/** @type {readonly Sequence[]} */
export const SEQUENCES = [
  ...Object.entries(QUESTIONS).map(([id, title]) => ({ id, title, role: /** @type {Role} */ ('provider'), steps: [], disabledUpstream: false })),
  ...Object.entries(SCRIPTS).flatMap(([group, scripts]) => Object.entries(scripts).map(([number, script]) => sequence(`${group}:${number}`, script))),
]

/** Negotiations that the provider begins; the public kit has none. */
const PROPOSALS = {
  'CN_P:01-01': '>propose <accept >agree <verify >finalize',
  'CN_P:01-02': '>propose <counter >offer <accept >terminate',
  'CN_P:01-03': '>propose <terminate',
  'CN_P:01-04': '>propose >terminate',
  'CN_P:03-01': '>propose !agree',
  'CN_P:03-02': '>propose !finalize',
}

/** How each state is come to: steps, and a sequence whose dataset makes the connector do nothing more there. */
const WAYS = {
  CN: {
    REQUESTED: ['02-02', '>request'], OFFERED: ['03-02', '>request <offer'], ACCEPTED: ['03-03', '>request <offer >accept'], AGREED: ['02-03', '>request <agree'],
    VERIFIED: ['02-03', '>request <agree >verify'], FINALIZED: ['01-04', '>request <agree >verify <finalize'], TERMINATED: ['02-02', '>request >terminate'],
  },
  CN_C: {
    REQUESTED: ['03-01', '<request'], OFFERED: ['03-02', '<request >offer'], ACCEPTED: ['03-04', '<request >offer <accept'], AGREED: ['03-06', '<request >offer <accept >agree'],
    VERIFIED: ['01-04', '<request >agree <verify'], FINALIZED: ['01-04', '<request >agree <verify >finalize'], TERMINATED: ['02-01', '<request >terminate'],
  },
  TP: {
    REQUESTED: ['03-01', '>request'], STARTED: ['02-01', '>request <start'], SUSPENDED: ['02-03', '>request <start >suspend'], COMPLETED: ['02-02', '>request <start >complete'],
    TERMINATED: ['02-05', '>request >terminate'],
  },
  TP_C: {
    REQUESTED: ['03-01', '<request'], STARTED: ['01-01', '<request >start'], SUSPENDED: ['01-03', '<request >start >suspend'], COMPLETED: ['01-02', '<request >start >complete'],
    TERMINATED: ['01-05', '<request >terminate'],
  },
}

/** Every message in every state in which it is not allowed, and proposals. @type {readonly Sequence[]} */
export const BEYOND = [
  ...Object.entries(PROPOSALS).map(([id, script]) => sequence(id, script)),
  ...Object.entries(WAYS).flatMap(([group, states]) => Object.entries(states).flatMap(([state, [number, script]]) => forbidden(group, state, number, script))),
]

/** @param {string} group @param {string} state @param {string} number @param {string} script @returns {Sequence[]} */
function forbidden(group, state, number, script) {
  const { kind, role } = sequence(`${group}:${number}`, script)
  const sender = role === 'provider' ? 'consumer' : 'provider'
  return Object.entries(MESSAGES[/** @type {Kind} */ (kind)])
    .filter(([name, message]) => !message.from.includes(null) && !isLegal(/** @type {Kind} */ (kind), name, sender, state))
    .map(([name, message]) => {
      const mark = message.by === role ? 'x' : message.to === state && name !== 'counter' ? '?' : '!'
      return { ...sequence(`${group}:${state}-${name}`, `${script} ${mark}${name}`), like: `${group}:${number}` }
    })
}

/** @param {string} id @param {string} script @returns {Sequence} */
function sequence(id, script) {
  const kind = id.startsWith('CN') ? 'negotiations' : 'transfers'
  const steps = script.split(' ').map(word => ({ mark: /** @type {Step['mark']} */ (word[0]), name: word.slice(1) }))
  return { id, title: script, kind, role: /_[CP]:/.test(id) ? 'consumer' : 'provider', steps, disabledUpstream: DISABLED_UPSTREAM.includes(id) }
}

/**
 * What the connector under test has to do by itself in a sequence: a list of actions for each state it comes to. The first entry
 * into a state takes the first action, the second the next.
 * @param {Sequence} sequence
 * @returns {Record<string, string[]>}
 */
export function reactions(sequence) {
  /** @type {Record<string, string[]>} */
  const lists = {}
  const silent = new Set()
  let state = null
  for (const { mark, name } of sequence.steps) {
    if (mark === '<' && name !== 'request') {
      if (silent.has(state)) throw new Error(`${sequence.id} needs an action on a later entry into ${state} but none on an earlier one; a list cannot say so`)
      ;(lists[state] ??= []).push(name)
    } else if (state !== null) {
      silent.add(state)
    }
    if (mark === '<' || mark === '>') state = MESSAGES[sequence.kind][name].to
  }
  return lists
}

/**
 * The ids a sequence uses, unless they are given: `ACN0101` and `offerACN0101`, or `ATPC0203`.
 * @param {Sequence} sequence
 * @param {Record<string, string>} given `CN_01_01_DATASETID` and the like, as the public kit names them
 */
export function idsOf(sequence, given) {
  const id = sequence.like ?? sequence.id
  const key = id.replace(/[:-]/g, '_')
  const own = sequence.kind ? `A${id.replace(/[_:-]/g, '')}` : 'ACN0101'
  const datasetId = given[`${key}_DATASETID`] ?? (id === 'CAT:01-03' ? `unknown-${own}` : own)
  return {
    datasetId,
    offerId: given[`${key}_OFFERID`] ?? `offer${datasetId}`,
    agreementId: given[`${key}_AGREEMENTID`] ?? own,
    format: given[`${key}_FORMAT`] ?? 'HttpData-PULL',
  }
}

/**
 * What a node needs to know to play the connector under test.
 * @param {string} authorization @param {Record<string, string>} given
 */
export function nodeScript(authorization, given) {
  /** @type {Record<string, object>} */
  const datasets = {}
  /** @type {Record<string, object>} */
  const agreements = {}
  for (const sequence of [...SEQUENCES, ...BEYOND].filter(one => one.kind && !one.like)) {
    const { datasetId, offerId, agreementId } = idsOf(sequence, given)
    const offered = sequence.kind === 'negotiations' ? reactions(sequence) : {}
    datasets[datasetId] = { offer: offerId, reactions: offered }
    if (sequence.kind === 'transfers') agreements[agreementId] = { dataset: datasetId, reactions: reactions(sequence) }
  }
  return { authorization, datasets, agreements }
}
