// Tests of the probes: against a connector that is careless beyond the protocol's steps they find what is to be found.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROBES, readOptions, run } from '../attacks.mjs'
import { nodeScript } from '../sequences.mjs'
import { ReferenceConnector } from './reference-connector.mjs'
import { SCHEMAS, skip } from './spec.mjs'

/** @param {string[]} faults @param {string} only */
async function notWithstood(faults, only) {
  const connector = await new ReferenceConnector(nodeScript('fixed', {}), faults).listen()
  try {
    const results = await run(readOptions(['--base', connector.base, '--schemas', SCHEMAS, '--authorization', 'fixed', '--wait', '10',
      '--negotiate-url', `${connector.root}/exchange/test/negotiations`, '--only', only]))
    return results.filter(one => one.outcome === 'not ok').map(one => one.id)
  } finally {
    await connector.close()
  }
}

const CARELESS = [
  'BODY:01', 'BODY:02', 'BODY:03', 'BODY:04', 'BODY:05', 'BODY:06', 'BODY:07', 'BODY:09', 'BODY:10', 'BODY:11', 'BODY:12', 'BODY:13', 'BODY:14', 'PID:04', 'REPEAT:01', 'REPEAT:02', 'REPEAT:03', 'REPEAT:04', 'LIE:01', 'LIE:02',
  'CALLBACK:01', 'CALLBACK:02', 'CALLBACK:03', 'CALLBACK:05', 'CALLBACK:07', 'METHOD:01', 'PATH:01', 'ID:01',
]

test('The probes find what a careless connector puts up with, and nothing else', { skip }, async () =>
  assert.deepEqual(await notWithstood([], ''), CARELESS))

/** A fault, the probes it is tried with, and those that have to find it. @type {[string, string, string[]][]} */
const FAULTS = [
  ['takes everything', '^RACE:0[123]', ['RACE:01', 'RACE:02', 'RACE:03']],
  ['takes everything', '^PID:0[12]', []],
  ['does not compare process ids', '^PID', ['PID:01', 'PID:04']],
  ['shows anyone everything', '^AUTH', ['AUTH:01', 'AUTH:02']],
]
for (const [fault, only, found] of FAULTS)
  test(`The probes ${only} find: ${fault}`, { skip }, async () => assert.deepEqual(await notWithstood([fault], only), found))

test('Each probe has an id of its own and says where its expectation comes from', () => {
  assert.equal(new Set(PROBES.map(one => one.id)).size, PROBES.length)
  assert.ok(PROBES.every(one => one.source && one.what))
})
