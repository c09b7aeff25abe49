import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Fault, Reactor } from './reactor-server.ts';

const lateness = 40;
const garbage = Buffer.from('\u0001\u0002!? \n garbage \n');

/** The line to the device, which swallows, cuts, doubles, delays and garbles as the fault says. */
export class FaultyLine {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly reactor: Reactor,
  ) {}

  static async open(port: number, inner: number, reactor: Reactor): Promise<FaultyLine> {
    const server = createServer({ noDelay: true });
    const line = new FaultyLine(server, reactor);
    reactor.cutLine = () => line.cut();
    server.on('connection', (outside) => line.serve(outside, connect({ port: inner, host: '127.0.0.1', noDelay: true })));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return line;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  inject(fault: Fault): void {
    const before = this.reactor.fault;
    this.reactor.fault = fault;
    // A line on which bytes were lost or made up is of no use any more.
    if (before === 'Hang' || before === 'Garbage' || before === 'DuplicateReply') this.cut();
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  end(): void {
    this.cut();
    this.server.close();
  }

  private serve(outside: Socket, inside: Socket): void {
    for (const socket of [outside, inside]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => (outside.destroy(), inside.destroy(), this.sockets.delete(socket)));
    }
    outside.on('data', (bytes) => this.reactor.fault !== 'Hang' && inside.write(bytes));
    inside.on('data', (bytes: Buffer) => {
      switch (this.reactor.fault) {
        case 'Hang':
          return;
        case 'Garbage':
          outside.write(garbage);
          return;
        case 'DuplicateReply':
          outside.write(Buffer.concat([bytes, bytes]));
          return;
        case 'Delay':
          setTimeout(() => outside.destroyed || outside.write(bytes), lateness);
          return;
        default:
          outside.write(bytes);
      }
    });
  }
}
