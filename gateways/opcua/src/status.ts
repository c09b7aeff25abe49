import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Report } from './report.ts';
import type { Spool } from './spool/spool.ts';

/** What /status answers; every count is since the start. */
export function statusOf(report: Report, spool: Spool, maxBytes: number): Record<string, unknown> {
  return {
    startedAt: report.started.toISOString(),
    server: report.server,
    broker: report.broker,
    lastValueAt: report.lastValue?.toISOString() ?? null,
    received: { notifications: report.counts.notifications, values: report.counts.values, repeated: report.counts.repeated },
    forwarded: { messages: report.counts.messages, values: report.counts.valuesForwarded },
    spool: { bytesWaiting: spool.bytesWaiting, bytesOnDisk: spool.bytes, bytesAtMost: maxBytes },
    lost: report.losses,
    lines: report.lines.slice(-20),
  };
}

/** Answers GET /status on this machine alone. */
export async function serveStatus(port: number, status: () => Record<string, unknown>): Promise<Server> {
  const server = createServer((request, response) => {
    const isAsked = request.method === 'GET' && request.url === '/status';
    response.writeHead(isAsked ? 200 : 404, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(isAsked ? status() : { problem: 'only GET /status is answered here' }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
