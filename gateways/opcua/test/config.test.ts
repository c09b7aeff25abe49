import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../src/config.ts';
import { Problem } from '../src/problem.ts';
import { command, testFolder, writeConfig } from './gateway.ts';

const good = {
  publisherId: 'press-hall',
  dataFolder: 'data',
  server: { endpoint: 'opc.tcp://press:4840' },
  groups: [{ name: 'press', nodes: ['ns=2;s=Temperature'] }],
  broker: { url: 'mqtt://127.0.0.1:1883' },
};

describe('a configuration', () => {
  it('needs little, and takes the safe choice where none is made', () => {
    const config = parseConfig(good, 'gateway.json');
    assert.equal(config.server.securityMode, 'SignAndEncrypt');
    assert.equal(config.broker.replay.order, 'oldest-first');
    assert.equal(config.groups[0]!.queueSize, 60);
  });

  const wrong: [string, object, RegExp][] = [
    ['an endpoint that is none', { server: { endpoint: 'press:4840' } }, /server\.endpoint is "press:4840".*opc\.tcp/s],
    ['a mode and a policy that do not go together', { server: { ...good.server, securityMode: 'Sign', securityPolicy: 'None' } }, /server\.securityPolicy/],
    ['a withdrawn policy', { server: { ...good.server, securityPolicy: 'Basic128Rsa15' } }, /server\.securityPolicy is "Basic128Rsa15".*Basic256Sha256/s],
    ['a password in the open', { broker: { ...good.broker, password: 'sesame' } }, /broker\.password must not hold the secret itself.*"env"/s],
    ['a password that is nowhere', { broker: { ...good.broker, password: { env: 'DURE_TEST_NOT_SET' } } }, /DURE_TEST_NOT_SET/],
    ['a user over an open line', { server: { ...good.server, securityMode: 'None', securityPolicy: 'None', user: { name: 'a', password: { env: 'PATH' } } } }, /securityMode is "None".*Sign/s],
    ['a setting that does not exist', { groups: [{ ...good.groups[0], samplinginterval: 5 }] }, /groups\[0\]\.samplinginterval is not a setting.*samplingInterval/s],
    ['a node id that is none', { groups: [{ name: 'press', nodes: ['Temperature'] }] }, /groups\[0\]\.nodes\[0\]\.id is "Temperature".*ns=2/s],
    ['two groups of one name', { groups: [good.groups[0], { ...good.groups[0], writerId: 9 }] }, /groups\[1\] has the name or writerId of groups\[0\]/],
    ['a group that watches nothing', { groups: [{ name: 'press' }] }, /groups\[0\] watches nothing/],
    ['a number out of range', { groups: [{ ...good.groups[0], publishingInterval: 0 }] }, /groups\[0\]\.publishingInterval is 0.*from 10/s],
    ['a broker address with a password in it', { broker: { url: 'mqtt://user:pass@host' } }, /broker\.url/],
    ['nothing where something must be', { publisherId: undefined }, /publisherId is missing/],
  ];
  for (const [what, change, expected] of wrong) {
    it(`is refused for ${what}, naming the field and the mend`, () => {
      assert.throws(() => parseConfig({ ...good, ...change }, 'gateway.json'), (error) => {
        assert.ok(error instanceof Problem);
        assert.match(error.toString(), expected);
        return true;
      });
    });
  }

  it('is checked by a command, which ends with 2 when it has to be mended', async () => {
    const folder = testFolder();
    const file = writeConfig(folder.path, { serverPort: 1, brokerPort: 1 });
    assert.deepEqual(await command('check', '--config', file), { code: 0, out: 'The configuration is in order.\n', error: '' });
    const bad = writeConfig(folder.path, { serverPort: 1, brokerPort: 1, group: { queueSize: -1 } });
    const { code, error } = await command('check', '--config', bad);
    assert.equal(code, 2);
    assert.match(error, /groups\[0\]\.queueSize is -1\n {2}where: .*gateway\.json\n {2}mend: {2}give a number from 1/);
    folder.remove();
  });
});
