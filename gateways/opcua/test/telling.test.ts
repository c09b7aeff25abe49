import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Broker } from './broker.ts';
import { command, Gateway, testFolder, until, writeConfig, type Settings } from './gateway.ts';
import { freePort, PlantServer } from './plant-server.ts';

let folder: ReturnType<typeof testFolder>;
let broker: Broker;
let server: PlantServer;
let port: number;
let gateway: Gateway;

beforeEach(async () => {
  folder = testFolder();
  port = await freePort();
  [broker, server] = await Promise.all([Broker.create().then((b) => b.come()), PlantServer.start(port, folder.path)]);
});

afterEach(async () => {
  await gateway?.stop();
  await Promise.all([broker.end(), server.stop()]);
  folder.remove();
});

function start(more: Partial<Settings> = {}): Gateway {
  return (gateway = Gateway.start(writeConfig(folder.path, { serverPort: port, brokerPort: broker.port, ...more })));
}

function arrived(field: string, value: unknown): Promise<void> {
  return until(() => broker.values(field).includes(value), () => `${field} ${String(value)} arrives\n${gateway.output}`);
}

describe('a gateway tells', () => {
  it('when the queue of the server overflowed', async () => {
    start({ group: { queueSize: 2, publishingInterval: 500 } });
    await arrived('Counter', 0);
    for (let value = 1; value <= 50; value++) server.count(value);
    await arrived('Counter', 50);
    await gateway.saying('LOST (server-queue)');
    assert.match(gateway.output, /queue for Counter overflowed/);
    const status = broker.messages().flatMap(({ Payload }) => Payload['Counter']?.StatusCode ?? []);
    assert.deepEqual(status, [0x480]);
  });

  it('when a range changes, with new metadata before the values it explains', async () => {
    start();
    await arrived('Temperature', 20.5);
    server.changeRange(0, 900);
    server.heat(500);
    await until(() => broker.metadata().length > 1, () => `new metadata arrive\n${gateway.output}`);
    server.heat(501);
    await arrived('Temperature', 501);
    const [before, after] = [broker.metadata()[0]!, broker.metadata().at(-1)!];
    assert.notDeepEqual(before.ConfigurationVersion, after.ConfigurationVersion);
    assert.match(JSON.stringify(after), /"Low":0,"High":900/);
    const last = broker.messages().at(-1)!;
    assert.deepEqual(last.MetaDataVersion, after.ConfigurationVersion);
  });

  it('which variables the server does not have, and reads the others', async () => {
    start({ group: { browse: [], nodes: ['ns=1;s=Press1.Counter', 'ns=1;s=Press1.Lubrication', { id: 'ns=1;s=Press1.State', name: 'Mode', deadband: { kind: 'absolute', value: 1 } }] } });
    await arrived('Mode', 'idle');
    assert.match(gateway.output, /no variable ns=1;s=Press1\.Lubrication/);
    assert.match(gateway.output, /no deadband for Mode/);
  });

  it('of another gateway on its data folder', async () => {
    start();
    await arrived('Counter', 0);
    const { code, error } = await command('run', '--config', `${folder.path}/gateway.json`);
    assert.equal(code, 2);
    assert.match(error, /process id \d+ uses this data folder/);
  });

  it('how it is at /status, on this machine alone', async () => {
    start({ statusPort: 0 });
    await arrived('Counter', 0);
    await gateway.saying('status: http://127.0.0.1:');
    const address = /status: (http\S+)/.exec(gateway.output)![1]!;
    const status = (await (await fetch(address)).json()) as { server: string; broker: string; received: { values: number }; lost: Record<string, number> };
    assert.match(status.server, /^connected to opc\.tcp.*4 variables in 1 groups/);
    assert.match(status.broker, /^connected to mqtt/);
    assert.ok(status.received.values >= 4);
    assert.deepEqual([...new Set(Object.values(status.lost))], [0]);
    assert.equal((await fetch(new URL('/', address))).status, 404);
  });
});

describe('a gateway obeys', () => {
  it('a deadband', async () => {
    start({ group: { deadband: { kind: 'absolute', value: 5 } } });
    await arrived('Temperature', 20.5);
    for (const value of [21, 24, 26, 27, 40]) server.heat(value);
    await arrived('Temperature', 40);
    assert.deepEqual(broker.values('Temperature'), [20.5, 26, 40]);
  });

  it('64 bits and the ends of the number line', async () => {
    start();
    await arrived('Wide', '0');
    server.widen([0x7fffffff, 0xffffffff]);
    server.heat(Number.NaN);
    server.heat(Number.POSITIVE_INFINITY);
    await arrived('Wide', '9223372036854775807');
    await arrived('Temperature', 'Infinity');
    assert.deepEqual(broker.values('Temperature'), [20.5, 'NaN', 'Infinity']);
  });

  it('the wish to see what is new first, and sends what waited beside it in order', async () => {
    start({ broker: { maxMessageBytes: 4096, replay: { order: 'live-first', messagesPerSecond: 2 } } });
    await arrived('Counter', 0);
    const brokerPort = broker.port;
    await broker.leave();
    await gateway.saying('broker: away');
    for (let value = 1; value <= 300; value++) {
      server.count(value);
      if (value % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await broker.come(brokerPort);
    await until(() => gateway.output.lastIndexOf('broker: connected') > gateway.output.lastIndexOf('broker: away'), () => `the broker is back\n${gateway.output}`);
    server.count(1000);
    await arrived('Counter', 1000);
    await arrived('Counter', 300);
    const values = broker.values('Counter') as number[];
    assert.ok(values.indexOf(1000) < values.indexOf(300), 'the new value waited for the old ones');
    assert.deepEqual(values.filter((value) => value !== 1000), Array.from({ length: 301 }, (_, value) => value));
  });

  it('a broker that closes the connection in the middle, again and again', async () => {
    start();
    await arrived('Counter', 0);
    const brokerPort = broker.port;
    for (let round = 0; round < 4; round++) {
      for (let value = 1; value <= 50; value++) {
        server.count(round * 50 + value);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await broker.leave();
      await broker.come(brokerPort);
    }
    await arrived('Counter', 200);
    assert.deepEqual(broker.values('Counter'), Array.from({ length: 201 }, (_, value) => value));
  });
});
