import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { parseCommandConfig } from '../src/command/config.ts';
import { Ledger } from '../src/command/ledger.ts';
import { Problem } from '../src/problem.ts';
import { Door, instrument, token, wish, writeInstrument } from './door.ts';
import { FaultyLine } from './faulty-line.ts';
import { command, testFolder } from './gateway.ts';
import { freePort } from './plant-server.ts';
import { Reactor, yieldOf } from './reactor-server.ts';

describe('what a configuration lets be commanded', () => {
  const action = (more: object) => ({ actions: [{ ...(instrument(1)['actions'] as object[])[0], ...more }] });
  const wrong: [string, object, RegExp][] = [
    ['nothing', { actions: [] }, /actions is empty/],
    ['a number without limits', action({ parameters: [{ name: 'temperature', unit: 'Cel', low: 20 }] }), /parameters\[0\]\.high is missing/],
    ['limits that are swapped', action({ parameters: [{ name: 'temperature', low: 90, high: 20 }] }), /low is 90/],
    ['a setting that does not exist', action({ paramaters: [] }), /paramaters is not a setting/],
    ['two parameters of one name', action({ parameters: [{ name: 'a', low: 0, high: 1 }, { name: 'a', low: 0, high: 1 }] }), /parameters is "a"/],
    ['neither program nor method', action({ program: undefined }), /program is missing/],
    ['a token in the file itself', { door: { port: 0, token: 'a secret of many letters' } }, /must not hold the secret itself/],
    ['a method whose inputs leave out a parameter', action({ program: undefined, results: [], method: { object: 'i=1', method: 'i=2', inputs: ['$key'] } }), /method\.inputs/],
  ];
  process.env['DURE_TEST_DOOR'] = token;
  for (const [what, more, message] of wrong) it(`refuses ${what}`, () => assert.throws(() => parseCommandConfig(JSON.parse(JSON.stringify(instrument(1, more))), 'instrument.json'), (error) => error instanceof Problem && message.test(error.message)));

  it('refuses a token that could be guessed', () => {
    process.env['DURE_TEST_SHORT'] = 'short';
    assert.throws(() => parseCommandConfig(instrument(1, { door: { port: 0, token: { env: 'DURE_TEST_SHORT' } } }), 'x'), /door\.token is/);
  });
});

describe('the ledger of keys', () => {
  const folder = testFolder();
  after(() => folder.remove());

  it('remembers, drops a line that a crash cut off, and refuses a foreign file', () => {
    const path = join(folder.path, 'keys.ndjson');
    const first = new Ledger(path);
    first.claim('a', 'react', 'x');
    first.add('a', { run: 'run-1' });
    first.claim('b', 'react', 'y');
    assert.throws(() => first.claim('a', 'react', 'x'));
    first.close();
    appendFileSync(path, '{"key":"c","action":"rea');
    const second = new Ledger(path);
    assert.deepEqual([second.find('a')?.run, second.find('b')?.run, second.find('c')], ['run-1', undefined, undefined]);
    assert.deepEqual(second.open().map(([key]) => key), ['b', 'a']);
    second.claim('d', 'react', 'z');
    second.close();
    assert.equal(new Ledger(path).find('d')?.action, 'react');
    writeFileSync(path, 'something else\n');
    assert.throws(() => new Ledger(path), /Line 1/);
  });
});

describe('the command door', () => {
  const folder = testFolder();
  let reactor: Reactor;
  let line: FaultyLine;
  let door: Door;
  let config: string;
  let before_ = 0;
  let keys = 0;
  const nextKey = () => `key-${++keys}`;
  const executed = () => reactor.executions - before_;
  const gatewayLedger = join(folder.path, 'gateway', 'keys.ndjson');

  before(async () => {
    const inner = await freePort();
    reactor = await Reactor.start(inner, folder.path);
    line = await FaultyLine.open(0, inner, reactor);
    config = writeInstrument(folder.path, line.port);
    door = await Door.open(config);
  });

  beforeEach(() => (before_ = reactor.executions));
  afterEach(() => {
    line.inject('None');
    reactor.release();
  });

  after(async () => {
    await door.kill();
    line.end();
    await reactor.stop();
    folder.remove();
  });

  const restarted = async () => {
    await door.kill();
    door = await Door.open(config);
  };

  it('runs a LADS program once and gives its results, with the sample', async () => {
    const key = nextKey();
    assert.deepEqual((await door.ask('GET', '/state')).body, { state: 'idle' });
    assert.equal((await door.tell(key)).status, 404);
    assert.equal((await door.begin(key, 'react', wish())).status, 202);
    const { body } = await door.end(key);
    assert.deepEqual(body, { action: 'react', status: 'done', results: { yield: { value: yieldOf({ temperature: 61.5, time: 30, amount: 5, sample: '' }), unit: '%' } } });
    assert.match(readFileSync(join(folder.path, 'executed.ndjson'), 'utf8'), new RegExp(`"sample":"vial-7","key":"${key}","job":"dure"`));
    assert.equal(executed(), 1);
  });

  const slips: [string, string, object][] = [
    ['an action that is not named', 'clean', {}],
    ['a value above its limit', 'react', wish({ temperature: { value: 90.001, unit: 'Cel' } })],
    ['a value below its limit', 'react', wish({ time: { value: 0, unit: 'min' } })],
    ['another unit', 'react', wish({ temperature: { value: 61.5, unit: 'K' } })],
    ['a missing unit', 'react', wish({ temperature: { value: 61.5 } })],
    ['not a number as a text', 'react', wish({ temperature: { value: 'NaN', unit: 'Cel' } })],
    ['null', 'react', wish({ temperature: { value: null, unit: 'Cel' } })],
    ['a value without its wrapping', 'react', wish({ temperature: 61.5 })],
    ['an unknown parameter', 'react', wish({ pressure: { value: 1, unit: 'bar' } })],
    ['a missing parameter', 'react', { temperature: { value: 61.5, unit: 'Cel' } }],
    ['a text that is too long', 'react', wish({ sample: { value: 'x'.repeat(21) } })],
    ['a control character', 'react', wish({ sample: { value: 'vial\n7' } })],
    ['a fraction where a whole number belongs', 'weigh', { times: { value: 1.5 } }],
  ];
  for (const [what, action, parameters] of slips)
    it(`refuses ${what}, and nothing is written down or executed`, async () => {
      const [key, size] = [nextKey(), readFileSync(gatewayLedger).length];
      const { status, body } = await door.begin(key, action, parameters);
      assert.deepEqual([status, typeof body.cause], [409, 'string']);
      assert.equal((await door.tell(key)).status, 404);
      assert.deepEqual([readFileSync(gatewayLedger).length, executed()], [size, 0]);
    });

  it('refuses infinity, which JSON can spell', async () => {
    const text = JSON.stringify({ action: 'react', parameters: wish() }).replace('61.5', '1e999');
    assert.equal((await door.ask('PUT', `/actions/${nextKey()}`, text)).status, 409);
    assert.equal(executed(), 0);
  });

  it('refuses whoever has no token or a wrong one, whatever they ask', async () => {
    for (const authorization of ['', 'Bearer', `Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, token])
      for (const [method, path] of [['GET', '/description'], ['GET', '/state'], ['PUT', '/actions/a'], ['POST', '/stop'], ['GET', '/nothing']] as const)
        assert.equal((await door.ask(method, path, method === 'GET' ? undefined : '{"action":"react"}', { authorization })).status, 401);
    assert.equal(executed(), 0);
  });

  it('refuses bodies that are too large, no JSON or another type, and paths that are none', async () => {
    const large = JSON.stringify({ action: 'react', parameters: wish({ sample: { value: 'x'.repeat(70_000) } }) });
    // Whoever is refused while still sending may see the connection end instead of the answer.
    const oversized = await door.ask('PUT', '/actions/large', large).catch(() => ({ status: 413 }));
    assert.equal(oversized.status, 413);
    const chunked = await door.ask('PUT', '/actions/large', large, { 'transfer-encoding': 'chunked' }).catch(() => ({ status: 413 }));
    assert.equal(chunked.status, 413);
    assert.equal((await door.ask('PUT', '/actions/a', '{"action"')).status, 400);
    assert.equal((await door.ask('PUT', '/actions/a', '[]')).status, 400);
    assert.equal((await door.ask('PUT', '/actions/a', '{}', { 'content-type': 'text/plain' })).status, 415);
    for (const path of ['/actions/', '/actions/a%2Fb', `/actions/${'x'.repeat(65)}`, '/actions/a/b', '/', '/stop']) assert.equal((await door.ask('GET', path)).status, 404);
    assert.equal(executed(), 0);
  });

  it('runs a key once, however often it is asked for at the same time', async () => {
    const key = nextKey();
    const told = await Promise.all(Array.from({ length: 8 }, () => door.begin(key, 'react', wish())));
    assert.deepEqual([...new Set(told.map(({ status }) => status))], [202]);
    await door.end(key);
    assert.equal((await door.begin(key, 'react', wish())).status, 202);
    assert.equal(executed(), 1);
  });

  it('refuses a key that comes back with other values or another action', async () => {
    const key = nextKey();
    await door.begin(key, 'react', wish());
    await door.end(key);
    assert.equal((await door.begin(key, 'react', wish({ time: { value: 31, unit: 'min' } }))).status, 409);
    assert.equal((await door.begin(key, 'weigh', { times: { value: 1 } })).status, 409);
    assert.equal(executed(), 1);
  });

  it('tells what the device refuses, and never sends that key again', async () => {
    const [first, second] = [nextKey(), nextKey()];
    reactor.hold();
    await door.begin(first, 'react', wish());
    const refused = await door.begin(second, 'react', wish());
    assert.deepEqual([refused.status, /BadInvalidState/.test(refused.body.cause!)], [409, true]);
    reactor.release();
    await door.end(first);
    assert.equal((await door.begin(second, 'react', wish())).status, 409);
    assert.equal((await door.tell(second)).status, 404);
    assert.equal(executed(), 1);
  });

  it('finds out by the key what became of a run whose answer was lost', async () => {
    const key = nextKey();
    line.inject('DropReply');
    assert.equal((await door.begin(key, 'react', wish())).status, 503);
    line.inject('None');
    assert.equal((await door.begin(key, 'react', wish())).status, 202);
    assert.equal((await door.end(key)).body['status'], 'done');
    assert.equal(executed(), 1);
  });

  it('does not send a key that was written down before a crash, whether it was called or not', async () => {
    const [called, uncalled] = [nextKey(), nextKey()];
    assert.equal((await door.begin(called, 'react', wish())).status, 202);
    await door.kill();
    // The same wish, claimed by a gateway that died before it called, and by one that died before it heard the answer.
    const asked = (JSON.parse(readFileSync(gatewayLedger, 'utf8').split('\n').find((text) => text.includes(`"${called}"`))!) as { asked: string }).asked;
    const before = readFileSync(gatewayLedger, 'utf8').split('\n').filter((text) => !text.includes(`"${called}"`));
    writeFileSync(gatewayLedger, `${before.join('\n')}${JSON.stringify({ key: called, action: 'react', asked })}\n${JSON.stringify({ key: uncalled, action: 'react', asked })}\n`);
    door = await Door.open(config);
    for (let i = 0; i < 3; i++) {
      const told = await door.begin(uncalled, 'react', wish());
      assert.deepEqual([told.status, /not sent again/.test(told.body.cause!)], [503, true]);
    }
    assert.equal((await door.tell(uncalled)).status, 503);
    assert.equal((await door.begin(called, 'react', wish())).status, 202);
    assert.equal((await door.end(called)).body['status'], 'done');
    assert.equal(executed(), 1);
  });

  it('asks the device for a key before it sends, so that a lost ledger runs nothing twice', async () => {
    const key = nextKey();
    await door.begin(key, 'react', wish());
    await door.end(key);
    await door.kill();
    rmSync(gatewayLedger);
    door = await Door.open(config);
    assert.equal((await door.tell(key)).body['status'], 'done');
    assert.equal((await door.begin(key, 'react', wish())).status, 202);
    assert.equal((await door.end(key)).body['status'], 'done');
    assert.equal(executed(), 1);
  });

  it('keeps a result when the device forgets it, and over its own restart', async () => {
    const key = nextKey();
    await door.begin(key, 'react', wish());
    const told = await door.end(key);
    await restarted();
    line.inject('Hang');
    assert.deepEqual(await door.tell(key), told);
  });

  it('answers in time when the device hangs, and begins nothing behind the back of who asked', async () => {
    const key = nextKey();
    line.inject('Hang');
    const begun = performance.now();
    assert.equal((await door.begin(key, 'react', wish())).status, 503);
    assert.equal((await door.ask('GET', '/state')).status, 503);
    assert.equal((await door.ask('POST', '/stop', '{"emergency":true}')).status, 503);
    assert.ok(performance.now() - begun < 8000);
    line.inject('None');
    assert.equal((await door.end(key)).status, 404);
    assert.equal(executed(), 0);
  });

  it('takes a result in another unit, or one that is no number, for a failure', async () => {
    for (const fault of ['WrongUnit', 'NotANumber'] as const) {
      const key = nextKey();
      line.inject(fault);
      await door.begin(key, 'react', wish());
      const { body } = await door.end(key);
      assert.equal(body['status'], 'failed', JSON.stringify(body));
      assert.match(body.cause!, fault === 'WrongUnit' ? /is in 'g', expected is '%'/ : /is not a finite number/);
    }
  });

  it('stops a program, and says that it was stopped', async () => {
    const key = nextKey();
    reactor.hold();
    await door.begin(key, 'react', wish());
    assert.equal((await door.tell(key)).body['status'], 'running');
    assert.deepEqual((await door.ask('GET', '/state')).body, { state: 'busy' });
    assert.equal((await door.ask('POST', '/stop', '{"emergency":false}')).status, 204);
    assert.deepEqual((await door.end(key)).body, { action: 'react', status: 'failed', cause: 'It was stopped.' });
    assert.equal((await door.begin(nextKey(), 'react', wish())).status, 202);
  });

  it('stops a pump by the method that the configuration names, and whatever waited to begin', async () => {
    const rest = { stop: { object: 'ns=1;s=Pump', method: 'ns=1;s=Pump.Halt' } };
    await door.kill();
    config = writeInstrument(folder.path, line.port, rest);
    door = await Door.open(config);
    const [running, late] = [nextKey(), nextKey()];
    reactor.hold();
    await door.begin(running, 'rinse', { volume: { value: 3, unit: 'mL' } });
    const stopped = door.ask('POST', '/stop', '{"emergency":true}');
    assert.equal((await stopped).status, 204);
    assert.deepEqual((await door.tell(running)).body, { action: 'rinse', status: 'failed', cause: 'It was stopped.' });
    // The emergency stop has aborted the vessel, which a person has to clear.
    assert.deepEqual((await door.ask('GET', '/state')).body, { state: 'fault' });
    assert.equal((await door.begin(late, 'react', wish())).status, 409);
    reactor.clear();
    line.inject('Delay');
    const both = await Promise.all([door.begin(nextKey(), 'react', wish()), door.ask('POST', '/stop', '{"emergency":false}')]);
    assert.deepEqual(both.map(({ status }) => status), [409, 204]);
    assert.match(both[0].body.cause!, /stop came before/);
    assert.equal(executed(), 1);
  });

  it('calls a method, waits for its state, and finds its key on the device after a lost answer', async () => {
    const [first, second, third] = [nextKey(), nextKey(), nextKey()];
    reactor.hold();
    assert.equal((await door.begin(first, 'rinse', { volume: { value: 7.5, unit: 'mL' } })).status, 202);
    assert.equal((await door.begin(second, 'rinse', { volume: { value: 1, unit: 'mL' } })).status, 409);
    reactor.release();
    assert.deepEqual((await door.end(first)).body['results'], { rinsed: { value: 7.5, unit: 'mL' } });
    line.inject('DropReply');
    assert.equal((await door.begin(third, 'rinse', { volume: { value: 9, unit: 'mL' } })).status, 503);
    line.inject('None');
    assert.equal((await door.begin(third, 'rinse', { volume: { value: 9, unit: 'mL' } })).status, 202);
    assert.deepEqual((await door.end(third)).body['results'], { rinsed: { value: 9, unit: 'mL' } });
    assert.equal(executed(), 2);
  });

  it('leaves a method unknown whose answer was lost, since no key tells of it', async () => {
    const [done, lost] = [nextKey(), nextKey()];
    await door.begin(done, 'weigh', { times: { value: 2 } });
    assert.deepEqual((await door.tell(done)).body['results'], { mass: { value: 25, unit: 'g' } });
    line.inject('DropReply');
    assert.equal((await door.begin(lost, 'weigh', { times: { value: 2 } })).status, 503);
    line.inject('None');
    assert.equal((await door.begin(lost, 'weigh', { times: { value: 2 } })).status, 503);
    assert.equal((await door.tell(lost)).status, 503);
    assert.equal(executed(), 2);
  });
});

describe('a method that takes longer than a request waits', () => {
  const folder = testFolder();
  after(() => folder.remove());

  it('is told as running until it answers', async () => {
    const port = await freePort();
    const reactor = await Reactor.start(port, folder.path);
    const door = await Door.open(writeInstrument(folder.path, port, { door: { port: 0, token: { env: 'DURE_TEST_DOOR' }, timeout: 1 } }));
    try {
      assert.equal((await door.begin('slow', 'weighSlowly', { times: { value: 3 } })).status, 202);
      assert.equal((await door.tell('slow')).body['status'], 'running');
      assert.deepEqual((await door.ask('GET', '/state')).body, { state: 'busy' });
      assert.equal((await door.begin('slower', 'weighSlowly', { times: { value: 3 } })).status, 409);
      assert.deepEqual((await door.end('slow')).body['results'], { mass: { value: 37.5, unit: 'g' } });
      assert.equal(reactor.executions, 1);
    } finally {
      await door.kill();
      await reactor.stop();
    }
  });
});

describe('the command line of the command door', () => {
  const folder = testFolder();
  after(() => folder.remove());

  it('explains itself, checks a configuration, and refuses a port that is none', async () => {
    process.env['DURE_TEST_DOOR'] = token;
    const file = writeInstrument(folder.path, 4840);
    assert.match((await command('--help')).out, /command opens a door[^]*keys\.ndjson/);
    assert.match((await command('check', '--config', file)).out, /in order/);
    const { code, error } = await command('command', '--config', file, '--port', '70000');
    assert.equal(code, 2);
    assert.match(error, /--port 70000/);
  });
});
