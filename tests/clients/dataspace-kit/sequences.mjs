// The sequences, one line each: `<` the connector under test sends, `>` the kit sends, `!` the kit sends and must be refused.
// Names and order are those of the public kit. Two of them are disabled there and run here.
import { MESSAGES } from './protocol.mjs'

/** @typedef {import('./protocol.mjs').Kind} Kind */
/** @typedef {import('./protocol.mjs').Role} Role */
/** @typedef {{ mark: '<' | '>' | '!', name: string }} Step */
/**
 * @typedef {object} Sequence
 * @property {string} id such as `CN_C:01-02`
 * @property {string} title the steps as written below, or what is asked
 * @property {Kind} [kind] absent where there is no process (version and catalogue)
 * @property {Role} role what the connector under test is
 * @property {Step[]} steps
 * @property {boolean} disabledUpstream
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

/** @param {string} id @param {string} script @returns {Sequence} */
function sequence(id, script) {
  const kind = id.startsWith('CN') ? 'negotiations' : 'transfers'
  const steps = script.split(' ').map(word => ({ mark: /** @type {Step['mark']} */ (word[0]), name: word.slice(1) }))
  return { id, title: script, kind, role: id.includes('_C:') ? 'consumer' : 'provider', steps, disabledUpstream: DISABLED_UPSTREAM.includes(id) }
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
    if (mark !== '!') state = MESSAGES[sequence.kind][name].to
  }
  return lists
}

/**
 * The ids a sequence uses, unless they are given: `ACN0101` and `offerACN0101`, or `ATPC0203`.
 * @param {Sequence} sequence
 * @param {Record<string, string>} given `CN_01_01_DATASETID` and the like, as the public kit names them
 */
export function idsOf(sequence, given) {
  const key = sequence.id.replace(/[:-]/g, '_')
  const own = sequence.kind ? `A${sequence.id.replace(/[_:-]/g, '')}` : 'ACN0101'
  const datasetId = given[`${key}_DATASETID`] ?? (sequence.id === 'CAT:01-03' ? `unknown-${own}` : own)
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
  for (const sequence of SEQUENCES.filter(one => one.kind)) {
    const { datasetId, offerId, agreementId } = idsOf(sequence, given)
    const offered = sequence.kind === 'negotiations' ? reactions(sequence) : {}
    datasets[datasetId] = { offer: offerId, reactions: offered }
    if (sequence.kind === 'transfers') agreements[agreementId] = { dataset: datasetId, reactions: reactions(sequence) }
  }
  return { authorization, datasets, agreements }
}
