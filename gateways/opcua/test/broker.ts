import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';

export interface DataMessage {
  DataSetWriterId: number;
  DataSetWriterName: string;
  SequenceNumber: number;
  MessageType: string;
  MetaDataVersion: { MajorVersion: number; MinorVersion: number };
  Payload: Record<string, { Value: unknown; StatusCode?: number; SourceTimestamp?: string }>;
}

export interface MetaData {
  Name: string;
  Fields: { Name: string; BuiltInType: number; Properties: { Key: { Name: string }; Value: { Body: unknown } }[] }[];
  ConfigurationVersion: { MajorVersion: number; MinorVersion: number };
}

/** A real broker that writes down what it is given. It outlives its port: `leave` closes it, `come` opens it again. */
export class Broker {
  readonly received: { topic: string; json: Record<string, unknown> }[] = [];
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly aedes: Aedes) {
    aedes.on('publish', (packet, client) => {
      if (client !== null) this.received.push({ topic: packet.topic, json: JSON.parse(packet.payload.toString()) as Record<string, unknown> });
    });
    aedes.authenticate = (_client, user, password, done) => done(null, user === undefined || password?.toString() === 'sesame');
  }

  static async create(): Promise<Broker> {
    return new Broker(await Aedes.createBroker());
  }

  get port(): number {
    return (this.server!.address() as { port: number }).port;
  }

  async come(port = 0): Promise<this> {
    const server = createServer((socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
      this.aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.server = server;
    return this;
  }

  async leave(): Promise<void> {
    const server = this.server!;
    this.server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async end(): Promise<void> {
    if (this.server !== undefined) await this.leave();
    await new Promise<void>((resolve) => this.aedes.close(() => resolve()));
  }

  /** The data messages in the order they came, each once: at-least-once repeats some, with their numbers. */
  messages(): DataMessage[] {
    const seen = new Set<string>();
    return this.all().filter((message) => {
      const key = `${message.DataSetWriterId} ${message.SequenceNumber}`;
      return !seen.has(key) && seen.add(key) !== undefined;
    });
  }

  /** The data messages with repetitions. */
  all(): DataMessage[] {
    return this.received.filter(({ json }) => json['MessageType'] === 'ua-data').flatMap(({ json }) => json['Messages'] as DataMessage[]);
  }

  metadata(): MetaData[] {
    return this.received.filter(({ json }) => json['MessageType'] === 'ua-metadata').map(({ json }) => json['MetaData'] as MetaData);
  }

  /** The values of a field, in the order they came. */
  values(field: string): unknown[] {
    return this.messages().flatMap(({ Payload }) => (field in Payload ? [Payload[field]!.Value] : []));
  }
}
