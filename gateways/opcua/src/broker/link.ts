import { readFileSync } from 'node:fs';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { BrokerConfig } from '../config.ts';
import { Problem } from '../problem.ts';

const connectTimeout = 15_000;
/** A broker that has not acknowledged for this long is taken to be gone. */
const acknowledgeTimeout = 30_000;

/** The broker has said no to this very message; it will say no to it again. */
export class Refused extends Error {}

/** One connection to the broker. When it ends, what it had not acknowledged is sent again over the next. */
export class Link {
  readonly lost: Promise<string>;

  private constructor(
    private readonly client: MqttClient,
    /** The largest message the broker takes, as far as it says. */
    readonly brokerMaxBytes: number,
    /** The largest message with values, and how many are on their way at a time. */
    readonly maxMessageBytes: number,
    readonly window: number,
    private readonly withProperties: boolean,
  ) {
    this.lost = new Promise((resolve) => {
      let reason = 'the connection was closed';
      client.on('error', (error) => (reason = error.message));
      client.on('disconnect', (packet) => (reason = `the broker ended the connection (reason code ${packet.reasonCode})`));
      client.on('close', () => resolve(reason));
    });
  }

  static async open(config: BrokerConfig): Promise<Link> {
    const client = connect(config.url, options(config));
    try {
      const connack = await connected(client, config);
      const { maximumPacketSize, receiveMaximum } = connack.properties ?? {};
      return new Link(
        client,
        maximumPacketSize ?? Infinity,
        Math.min(config.maxMessageBytes, maximumPacketSize ?? Infinity),
        Math.min(config.window, receiveMaximum ?? Infinity),
        config.version === '5.0',
      );
    } catch (error) {
      client.end(true);
      throw error;
    }
  }

  /** Returns when the broker has acknowledged with success: from then on the message is its responsibility. */
  publish(topic: string, bytes: Buffer | string, retain: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no PUBACK within ${acknowledgeTimeout / 1000} s`)), acknowledgeTimeout);
      const properties = this.withProperties ? { properties: { contentType: 'application/json' } } : {};
      this.client.publish(topic, bytes, { qos: 1, retain, ...properties }, (error) => {
        clearTimeout(timer);
        if (!error) resolve();
        else reject(isAboutTheMessage(error) ? new Refused(error.message) : error);
      });
    });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.client.end(true, {}, () => resolve()), 2000);
      this.client.end(false, {}, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Ends at once, without waiting for acknowledgements that will not come. */
  drop(): void {
    this.client.end(true);
  }
}

function options(config: BrokerConfig): IClientOptions {
  return {
    protocolVersion: config.version === '5.0' ? 5 : 4,
    clientId: config.clientId,
    // The spool is the session: the broker need not keep another, and we need not trust it to.
    clean: true,
    // Trying again is decided in one place, and not here.
    reconnectPeriod: 0,
    connectTimeout,
    keepalive: 20,
    resubscribe: false,
    ...(config.user === undefined ? {} : { username: config.user }),
    ...(config.password === undefined ? {} : { password: config.password }),
    ...file('ca', config.caFile, 'broker.caFile'),
    ...file('cert', config.certificateFile, 'broker.certificateFile'),
    ...file('key', config.keyFile, 'broker.keyFile'),
  };
}

function file(option: 'ca' | 'cert' | 'key', path: string | undefined, field: string): IClientOptions {
  if (path === undefined) return {};
  try {
    return { [option]: readFileSync(path) };
  } catch (error) {
    throw new Problem(`${field} cannot be read (${(error as Error).message})`, path, 'name a PEM file that the gateway may read');
  }
}

function connected(client: MqttClient, config: BrokerConfig): Promise<{ properties?: { maximumPacketSize?: number; receiveMaximum?: number } }> {
  return new Promise((resolve, reject) => {
    client.once('connect', (packet) => resolve(packet));
    client.once('error', (error) => reject(explain(error, config)));
    client.once('close', () => reject(new Problem('The broker closes the connection at once', config.url, 'check the address and broker.version (3.1.1 for a broker without MQTT 5.0)')));
  });
}

function explain(error: Error & { code?: number | string }, config: BrokerConfig): Error {
  const { code, message } = error;
  if (code === 4 || code === 5 || code === 0x86 || code === 0x87)
    return new Problem(`The broker does not let ${config.user ?? 'an anonymous client'} in (${message})`, config.url, 'check broker.user and broker.password');
  if (code === 1 || code === 0x84) return new Problem(`The broker does not speak MQTT ${config.version}`, config.url, 'set broker.version to the other of 5.0 and 3.1.1');
  return error;
}

/** MQTT 5.0, 3.4.2.1: the topic is invalid, or the payload is; such an answer does not change by waiting. */
function isAboutTheMessage(error: Error & { code?: number | string }): boolean {
  return error.code === 0x90 || error.code === 0x99;
}
