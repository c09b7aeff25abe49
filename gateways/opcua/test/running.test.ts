import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Broker } from './broker.ts';
import { Gateway, testFolder, until, writeConfig, type Settings } from './gateway.ts';
import { freePort, PlantServer } from './plant-server.ts';
import { Wire } from './wire.ts';

let folder: ReturnType<typeof testFolder>;
let broker: Broker;
let server: PlantServer;
let port: number;
const gateways: Gateway[] = [];

beforeEach(async () => {
  folder = testFolder();
  port = await freePort();
  [broker, server] = await Promise.all([Broker.create().then((b) => b.come()), PlantServer.start(port, folder.path)]);
});

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.stop()));
  await Promise.all([broker.end(), server.stop()]);
  folder.remove();
});

function config(more: Partial<Settings> = {}): string {
  return writeConfig(folder.path, { serverPort: port, brokerPort: broker.port, ...more });
}

function start(file: string): Gateway {
  const gateway = Gateway.start(file);
  gateways.push(gateway);
  return gateway;
}

/** Counts on, one step every few milliseconds, as a machine does. */
async function countTo(from: number, to: number): Promise<void> {
  for (let value = from; value <= to; value++) {
    server.count(value);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

function arrived(last: number): Promise<void> {
  return until(() => broker.values('Counter').includes(last), () => `the counter's ${last} arrives; the last was ${String(broker.values('Counter').at(-1))}\n${gateways.map((g) => g.output).join('---\n')}`);
}

function upTo(last: number): number[] {
  return Array.from({ length: last + 1 }, (_, value) => value);
}

describe('a running gateway', () => {
  it('sends metadata first, then every change once and in order', async () => {
    const gateway = start(config());
    await arrived(0);
    await countTo(1, 300);
    await arrived(300);
    assert.deepEqual(broker.values('Counter'), upTo(300));
    assert.equal(broker.received[0]!.json['MessageType'], 'ua-metadata', gateway.output);
    const sequences = broker.all().map(({ SequenceNumber }) => SequenceNumber);
    assert.deepEqual(sequences, sequences.map((_, index) => index + 1));
  });

  it('says what its fields are, with units and ranges', async () => {
    start(config());
    await arrived(0);
    const temperature = broker.metadata()[0]!.Fields.find(({ Name }) => Name === 'Temperature')!;
    assert.equal(temperature.BuiltInType, 11);
    const property = (name: string) => (temperature.Properties.find(({ Key }) => Key.Name === name)!.Value.Body as { Body: unknown }).Body;
    assert.deepEqual(property('EURange'), { Low: -20, High: 400 });
    assert.equal((property('EngineeringUnits') as { DisplayName: { Text: string } }).DisplayName.Text, '°C');
    assert.equal(broker.messages()[0]!.MessageType, 'ua-keyframe');
  });

  it('goes on after the server was restarted, and tells what nobody saw', async () => {
    const gateway = start(config());
    await arrived(0);
    await countTo(1, 50);
    await arrived(50);
    await server.stop();
    await gateway.saying('server: away');
    server = await PlantServer.start(port, folder.path);
    server.count(51);
    await arrived(51);
    await countTo(52, 100);
    await arrived(100);
    // A restarted server may be seen for a moment before its counter was set.
    const values = broker.values('Counter').filter((value, index) => value !== 0 || index === 0);
    assert.deepEqual(values.filter((value) => value !== null), upTo(100));
    // The hole is marked where it begins, with Bad_NoCommunication.
    assert.equal(values.indexOf(null), 51);
    const mark = broker.messages().find(({ Payload }) => Payload['Counter']?.Value === null)!;
    assert.deepEqual(Object.values(mark.Payload).map(({ StatusCode }) => StatusCode), [0x80310000, 0x80310000, 0x80310000, 0x80310000]);
    assert.match(gateway.output, /LOST \(unwatched\).*was not watched from/);
  });

  it('loses nothing when the cable to the server is cut and mended, without a user or security', async () => {
    const wire = await Wire.to(port);
    try {
      const gateway = start(config({ serverPort: wire.port }));
      await arrived(0);
      for (let round = 0; round < 3; round++) {
        const counting = countTo(round * 150 + 1, round * 150 + 150);
        await arrived(round * 150 + 30);
        wire.cut();
        await counting;
        wire.mend();
        await arrived(round * 150 + 150);
      }
      assert.deepEqual(broker.values('Counter'), upTo(450));
      assert.doesNotMatch(gateway.output, /LOST/);
    } finally {
      await wire.end();
    }
  });

  it('subscribes anew when it was away for longer than the server keeps the subscription, and marks the hole', async () => {
    const wire = await Wire.to(port);
    try {
      const gateway = start(config({ serverPort: wire.port, group: { keepFor: 10, publishingInterval: 100 } }));
      await arrived(0);
      wire.cut();
      await until(() => server.subscriptions === 0, () => 'the server ends the subscription', 90_000);
      server.count(1);
      wire.mend();
      await arrived(1);
      assert.match(gateway.output, /LOST \(unwatched\)/);
      assert.deepEqual(broker.values('Counter'), [0, null, 1]);
    } finally {
      await wire.end();
    }
  });

  it('keeps what the broker does not take, and sends it in order when it comes back', async () => {
    const gateway = start(config());
    await arrived(0);
    await countTo(1, 50);
    await arrived(50);
    const brokerPort = broker.port;
    await broker.leave();
    await gateway.saying('broker: away');
    await countTo(51, 400);
    await broker.come(brokerPort);
    await countTo(401, 450);
    await arrived(450);
    assert.deepEqual(broker.values('Counter'), upTo(450));
    assert.deepEqual(broker.messages().map(({ SequenceNumber }) => SequenceNumber), upTo(broker.messages().length).slice(1));
  });

  it('loses nothing by kill -9, neither what it had nor what changed while it was gone', async () => {
    const user = { name: 'gateway', password: { env: 'DURE_TEST_OPCUA_PASSWORD' } };
    process.env['DURE_TEST_OPCUA_PASSWORD'] = 'open sesame';
    const file = config({ server: { securityMode: 'SignAndEncrypt', securityPolicy: 'Basic256Sha256', user } });
    await trustTheServer(file);
    let gateway = start(file);
    await arrived(0);
    for (let round = 0; round < 3; round++) {
      const counting = countTo(round * 200 + 1, round * 200 + 200);
      await arrived(round * 200 + 60);
      await gateway.kill();
      await counting;
      gateway = start(file);
      await arrived(round * 200 + 200);
    }
    assert.deepEqual(broker.values('Counter'), upTo(600));
    assert.doesNotMatch(gateways.map(({ output }) => output).join(), /LOST/);
  });

  it('keeps through a kill what the broker has not taken yet', async () => {
    const file = config();
    const brokerPort = broker.port;
    let gateway = start(file);
    await arrived(0);
    await broker.leave();
    await countTo(1, 200);
    await gateway.saying('broker: away');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await gateway.kill();
    await broker.come(brokerPort);
    gateway = start(file);
    await arrived(200);
    assert.deepEqual(broker.values('Counter').filter((value, index, all) => value !== null && value !== all[index - 1] && !(value === 200 && all.indexOf(value) < index)), upTo(200));
  });
});

async function trustTheServer(file: string): Promise<void> {
  const { command } = await import('./gateway.ts');
  await command('browse', '--config', file);
  const { out } = await command('trust', 'list', '--config', file);
  const thumbprint = /rejected\s+([0-9A-F]{40})/.exec(out)![1]!;
  assert.equal((await command('trust', 'add', thumbprint, '--config', file)).code, 0);
}
