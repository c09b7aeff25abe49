// Tests of the kit itself: a right connector passes everything, and each fault is found in exactly the sequences it shows in.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { run } from '../kit.mjs'
import { readOptions } from '../options.mjs'
import { BEYOND, SEQUENCES, nodeScript } from '../sequences.mjs'
import { ReferenceConnector } from './reference-connector.mjs'
import { HERE, SCHEMAS, skip } from './spec.mjs'

/** Faults that only show in something not coming, and for which it is not worth waiting as long as a slow machine may need. */
const SILENT = ['never acts', 'acknowledges and forgets', 'always shows REQUESTED', 'shows a new state late']

/** @param {string[]} faults @param {string[]} more options of the kit */
async function results(faults, more = []) {
  const connector = await new ReferenceConnector(nodeScript('fixed', {}), faults).listen()
  try {
    return await run(readOptions([
      '--base', connector.base, '--schemas', SCHEMAS, '--authorization', 'fixed', '--expect-authorization', 'fixed',
      '--parallel', '67', '--wait', faults.some(fault => SILENT.includes(fault)) ? '3' : '20',
      '--negotiate-url', `${connector.root}/exchange/test/negotiations`, '--transfer-url', `${connector.root}/exchange/test/transfers`, ...more,
    ]))
  } finally {
    await connector.close()
  }
}

const failed = list => list.filter(one => !one.ok).map(one => one.id)

/** @typedef {import('../sequences.mjs').Sequence} Sequence */
const played = /** @type {(one: Sequence) => boolean} */ (one => one.kind !== undefined)
const negotiation = one => one.kind === 'negotiations'
const transfer = one => one.kind === 'transfers'
const provider = one => played(one) && one.role === 'provider'
const consumer = one => played(one) && one.role === 'consumer'
/** A step such as `<offer`, `!` alone for any. */
const holds = (...steps) => one => one.steps.some(({ mark, name }) => steps.includes(mark) || steps.includes(mark + name))
/** The connector sends something by itself after the first request. */
const acts = one => one.steps.some(({ mark, name }) => mark === '<' && name !== 'request')
const ids = (...list) => one => list.includes(one.id)
const both = (...conditions) => one => conditions.every(condition => condition(one))
const either = (...conditions) => one => conditions.some(condition => condition(one))
/** The kit sees a state other than REQUESTED at some rest: after the last step, or before its own next one. */
const rests = one => {
  const NAMES = { offer: 'OFFERED', accept: 'ACCEPTED', agree: 'AGREED', verify: 'VERIFIED', finalize: 'FINALIZED', terminate: 'TERMINATED', start: 'STARTED', suspend: 'SUSPENDED', complete: 'COMPLETED' }
  let state = 'REQUESTED'
  return one.steps.some(({ mark, name }, index) => {
    if (mark !== '!') state = NAMES[name] ?? 'REQUESTED'
    return one.steps[index + 1]?.mark !== '<' && state !== 'REQUESTED'
  })
}

test('A right connector passes all 67 sequences', { skip }, async () => {
  const list = await results([], ['--strict'])
  assert.deepEqual(list.filter(one => !one.ok), [])
  assert.equal(list.length, 67)
})

test('A right connector passes what goes beyond the public kit, too', { skip }, async () => {
  const list = await results([], ['--strict', '--beyond'])
  assert.deepEqual(list.filter(one => !one.ok), [])
  assert.equal(list.length, 67 + BEYOND.length)
})

test('The kit answers a first request with 200 as the public kit does when it is told so', { skip }, async () =>
  assert.deepEqual(failed(await results([], ['--initial-status', '200', '--strict'])), []))

for (const habit of ['foreign habits', 'callback ends in a slash', 'charset in the media type', 'acknowledges with 204', 'thinks a while'])
  test(`What the specification leaves open is not a fault: ${habit}`, { skip }, async () => assert.deepEqual((await results([habit])).filter(one => !one.ok), []))

test('A message that comes once more is done already, where the process cannot come back to its state', { skip }, async () =>
  assert.deepEqual((await results(['sends everything twice'], ['--only', '^CN:(01-0[134]|02|03-0[123])'])).filter(one => !one.ok), []))

test('A connector that needs a second try passes, and fails where the kit is strict', { skip }, async () => {
  assert.deepEqual(failed(await results(['first try is refused'])), [])
  assert.ok(failed(await results(['first try is refused'], ['--strict'])).length > 30)
})

test('A connector that shows a new state late passes, and fails where the kit is strict', { skip }, async () => {
  assert.deepEqual(failed(await results(['shows a new state late'])).filter(id => !SEQUENCES.find(one => one.id === id).steps.some(step => step.mark === '!')), [])
  assert.ok(failed(await results(['shows a new state late'], ['--strict'])).length > 20)
})

/** @type {Record<string, (one: Sequence) => boolean>} fault, and the sequences it has to be found in */
const FAULTS = {
  'version is another': ids('MET:01-01'),
  'version path is wrong': ids('MET:01-01'),
  'version needs authorization': ids('MET:01-01'),
  'binding is wrong': ids('MET:01-01'),
  'catalogue lacks a dataset': ids('CAT:01-01'),
  'catalogue without participant': ids('CAT:01-01'),
  'catalogue has another type': ids('CAT:01-01'),
  'catalogue with an empty list': ids('CAT:01-01'),
  'another dataset is answered': ids('CAT:01-02'),
  'dataset without distribution': ids('CAT:01-01', 'CAT:01-02'),
  'catalogue offer with target': ids('CAT:01-01', 'CAT:01-02'),
  'unknown dataset is 200': ids('CAT:01-03'),
  'unknown dataset without body': ids('CAT:01-03'),
  'catalogue error of another type': ids('CAT:01-03'),
  'answers without @context': either(ids('CAT:01-01', 'CAT:01-02', 'CAT:01-03'), played),
  '@context as a string': either(ids('CAT:01-01', 'CAT:01-02', 'CAT:01-03'), played),
  'answers as text': () => true,
  'first negotiations are answered 200': both(provider, negotiation),
  'first transfers are answered 200': both(provider, transfer),
  'first answer is empty': provider,
  'never acts': acts,
  'acknowledges and forgets': one => one.steps.some(({ mark, name }) => mark === '>' && name !== 'request'),
  'always shows REQUESTED': rests,
  'shows states of its own': played,
  'shows another consumer': played,
  'consumer cannot be read': consumer,
  'number as operand': either(ids('CAT:01-01', 'CAT:01-02'), both(negotiation, consumer), holds('<offer', '<agree')),
  'prefixed operator': either(ids('CAT:01-01', 'CAT:01-02'), both(negotiation, consumer), holds('<offer', '<agree')),
  'messages without @context': either(consumer, acts),
  'sends text': either(consumer, acts),
  'sends without authorization': either(consumer, acts),
  'wrong path': acts,
  'process ids are swapped': acts,
  'events are swapped': holds('<accept', '<finalize'),
  'request without callback': consumer,
  'request with both addresses': both(consumer, negotiation),
  'another agreement is requested': both(consumer, transfer),
  'counter request with callback': holds('<counter'),
  'offer with callback': holds('<offer'),
  'offer without target': either(holds('<offer'), both(consumer, negotiation)),
  'offer without rules': either(holds('<offer'), both(consumer, negotiation)),
  'agreement for another dataset': holds('<agree'),
  'agreement without time': holds('<agree'),
  'agreement without assignee': holds('<agree'),
  'reason is a string': holds('<terminate', '<suspend'),
  'start without data address': both(provider, holds('<start')),
  'data address with an empty list': both(provider, holds('<start')),
  'terminates on its own': both(transfer, holds('<start', '>start'), one => !holds('<suspend', '<complete', '<terminate')(one)),
  'takes everything': holds('!'),
  'refusals are 404': holds('!'),
  'refusals are 500': holds('!'),
  'refusals are 302': holds('!'),
  'refusals without body': holds('!'),
  'refusals as problem documents': holds('!'),
  'refusals with an empty reason': holds('!'),
  'a refusal terminates': both(holds('!'), one => !ids('TP:03-04', 'TP:03-05', 'TP:03-06', 'TP_C:03-04', 'TP_C:03-05', 'TP_C:03-06')(one)),
  // One forbidden step each: exactly the sequence that forbids it notices.
  'takes terminate of the consumer in FINALIZED': ids('CN:03-01'),
  'takes verify of the consumer in OFFERED': ids('CN:03-02'),
  'takes verify of the consumer in ACCEPTED': ids('CN:03-03'),
  'takes counter of the consumer in REQUESTED': ids('CN:03-04'),
  'takes finalize of the provider in REQUESTED': ids('CN_C:03-01'),
  'takes agree of the provider in OFFERED': ids('CN_C:03-02'),
  'takes finalize of the provider in OFFERED': ids('CN_C:03-03'),
  'takes finalize of the provider in ACCEPTED': ids('CN_C:03-04'),
  'takes offer of the provider in ACCEPTED': ids('CN_C:03-05'),
  'takes finalize of the provider in AGREED': ids('CN_C:03-06'),
}
for (const [side, group] of [['consumer', 'TP'], ['provider', 'TP_C']])
  for (const [step, number] of [['complete', '03-01'], ['suspend', '03-02']])
    FAULTS[`takes ${step} of the ${side} in REQUESTED`] = ids(`${group}:${number}`)
for (const [side, group] of [['consumer', 'TP'], ['provider', 'TP_C']])
  for (const [step, state, number] of [['complete', 'SUSPENDED', '03-03'], ['start', 'TERMINATED', '03-04'], ['suspend', 'TERMINATED', '03-05'], ['complete', 'TERMINATED', '03-06']])
    FAULTS[`takes ${step} of the ${side} in ${state}`] = ids(`${group}:${number}`)

for (const [fault, shows] of Object.entries(FAULTS))
  test(`A connector's fault is found where it shows: ${fault}`, { skip }, async () => {
    assert.deepEqual(failed(await results([fault])), SEQUENCES.filter(shows).map(one => one.id))
  })

test('Each forbidden step that is taken is found by the sequence that forbids it, and by no other', { skip }, async () => {
  for (const { id, role, steps } of BEYOND.filter(one => one.like)) {
    const last = steps.at(-1)
    if (last?.mark === '?') continue
    const [group, state] = id.split(/[:-]/)
    const fault = `takes ${last?.name} of the ${role === 'provider' ? 'consumer' : 'provider'} in ${state}`
    assert.deepEqual(failed(await results([fault], ['--beyond', '--only', `^${group}:${state}-`])), [id], fault)
  }
})

test('The ids of the public kit and its settings file are understood', () => {
  const file = join(HERE, 'public-kit.properties')
  const options = readOptions(['--properties', file, '--wait', '3'])
  assert.equal(options.base, 'http://127.0.0.1:8282/api/dsp/2025-1')
  assert.equal(options.root, 'http://127.0.0.1:8282/api/dsp')
  assert.equal(options.wait, 3000)
  assert.deepEqual(options.given, { CN_01_01_DATASETID: 'ACN0101', CN_01_01_OFFERID: 'CD123:ACN0101:456', TP_01_01_FORMAT: 'HttpData-PUSH' })
})

test('A node script names each dataset, agreement and action once', () => {
  const script = nodeScript('secret', {})
  assert.equal(Object.keys(script.datasets).length, 69)
  assert.equal(Object.keys(script.agreements).length, 32)
  assert.deepEqual(script.agreements.ATP0104, { dataset: 'ATP0104', reactions: { REQUESTED: ['start'], STARTED: ['suspend', 'complete'], SUSPENDED: ['start'] } })
  assert.deepEqual(script.datasets.ACN0205, { offer: 'offerACN0205', reactions: { REQUESTED: ['offer'], OFFERED: ['terminate'] } })
})

test('No file of the kit names a connector', () => {
  const folder = join(HERE, '..')
  for (const file of ['kit.mjs', 'play.mjs', 'counterpart.mjs', 'connector.mjs', 'questions.mjs', 'sequences.mjs', 'protocol.mjs', 'schemas.mjs', 'callback-server.mjs'])
    assert.doesNotMatch(readFileSync(join(folder, file), 'utf8'), /dure|edc/i, file)
})
