import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Broker } from './broker.ts';
import { command, Gateway, testFolder, until, writeConfig } from './gateway.ts';
import { freePort, PlantServer } from './plant-server.ts';

describe('whom the gateway believes', () => {
  const folder = testFolder();
  const secure = { securityMode: 'SignAndEncrypt', securityPolicy: 'Basic256Sha256' };
  let broker: Broker;
  let server: PlantServer;
  let port: number;

  before(async () => {
    port = await freePort();
    [broker, server] = await Promise.all([Broker.create().then((b) => b.come()), PlantServer.start(port, folder.path)]);
  });

  after(async () => {
    await Promise.all([broker.end(), server.stop()]);
    folder.remove();
  });

  const config = (more: object) => writeConfig(folder.path, { serverPort: port, brokerPort: broker.port, ...more });

  it('refuses an unknown server, explains, and goes on by itself once it is trusted', async () => {
    const file = config({ server: secure });
    const gateway = Gateway.start(file);
    try {
      await gateway.saying("The server's certificate is not trusted");
      const thumbprint = /trust add ([0-9A-F]{40})/.exec(gateway.output)![1]!;
      assert.deepEqual(broker.received, []);
      const listed = await command('trust', 'list', '--config', file);
      assert.match(listed.out, new RegExp(`rejected +${thumbprint}`));
      assert.equal((await command('trust', 'add', thumbprint.slice(0, 12), '--config', file)).code, 0);
      await until(() => broker.values('Counter').length > 0, () => `values arrive\n${gateway.output}`);
      assert.match((await command('trust', 'list', '--config', file)).out, new RegExp(`trusted +${thumbprint}`));
    } finally {
      await gateway.stop();
    }
  });

  it('takes the trust back', async () => {
    const file = config({ server: secure });
    const { out } = await command('trust', 'list', '--config', file);
    const thumbprint = /trusted +([0-9A-F]{40})/.exec(out)![1]!;
    assert.equal((await command('trust', 'reject', thumbprint, '--config', file)).code, 0);
    const { code, error } = await command('browse', '--config', file);
    assert.equal(code, 2);
    assert.match(error, /not trusted.*\n.*where: +opc\.tcp.*\n.*mend:.*trust add/);
    await command('trust', 'add', thumbprint, '--config', file);
  });

  it('says which security the server has when it lacks the one asked for', async () => {
    const { code, error } = await command('browse', '--config', config({ server: { securityMode: 'Sign', securityPolicy: 'Basic256Sha256' } }));
    assert.equal(code, 2);
    assert.match(error, /no endpoint with Sign\/Basic256Sha256[^]*None\/None, SignAndEncrypt\/Basic256Sha256/);
  });

  it('says that the server does not let a user in', async () => {
    process.env['DURE_TEST_WRONG'] = 'open onion';
    const user = { name: 'gateway', password: { env: 'DURE_TEST_WRONG' } };
    const { code, error } = await command('browse', '--config', config({ server: { ...secure, user } }));
    assert.equal(code, 2);
    assert.match(error, /does not let the user gateway in/);
    assert.doesNotMatch(error, /onion/);
  });

  it('names the address when nobody answers there', async () => {
    const { code, error } = await command('browse', '--config', writeConfig(folder.path, { serverPort: await freePort(), brokerPort: 1 }));
    assert.equal(code, 2);
    assert.match(error, /No answer from the server.*\n +where: opc\.tcp:\/\/127\.0\.0\.1/);
  });

  it('shows what the server has, as a tree and as JSON', async () => {
    const file = config({});
    const tree = await command('browse', '--config', file, '--root', 'ns=1;s=Press1');
    assert.match(tree.out, /^ {2}Temperature {2}\[ns=1;s=Press1\.Temperature\] {2}Double -20 … 400 °C$/m);
    assert.match(tree.out, /^ {2}Wide {2}\[ns=1;s=Press1\.Wide\] {2}Int64$/m);
    const json = JSON.parse((await command('browse', '--config', file, '--root', 'ns=1;s=Press1', '--json')).out) as { children: { path: string; type: string; units?: string }[] };
    assert.equal(json.children.find(({ path }) => path === 'Temperature')!.units, '°C');
  });
});
