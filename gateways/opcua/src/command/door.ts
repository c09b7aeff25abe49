import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Problem, wordsOf } from '../problem.ts';
import { within } from '../time.ts';
import type { ActionConfig, CommandConfig } from './config.ts';
import type { Desk } from './desk.ts';
import { isKey } from './ledger.ts';
import { Deadline } from './link.ts';
import type { Field } from './values.ts';

const mostBytes = 64 * 1024;
const mostConnections = 64;

/** An answer that is not what was hoped for, with its HTTP status. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    cause: string,
  ) {
    super(cause);
  }
}

interface Reply {
  status: number;
  body: object | undefined;
}

/**
 * The instrument on 127.0.0.1, as JSON over HTTP: GET description, GET state, PUT and GET actions/KEY, POST stop. 4xx says that nothing was begun and
 * why; 503 that it is not known. Every request bears the token.
 */
export async function openDoor(config: CommandConfig, desk: Desk): Promise<Server> {
  const { token, timeout, port } = config.door;
  const description = describe(config);
  const server = createServer({ requestTimeout: timeout + 5000, headersTimeout: 5000, keepAliveTimeout: 60_000, maxHeaderSize: 16 * 1024 }, (request, response) => {
    const deadline = new Deadline(timeout);
    response.once('close', () => deadline.leave());
    reply(request, response, token, deadline, async (what, body) => {
      if (what === 'GET /description') return { status: 200, body: description };
      // The last word is the door's, should something below wait longer than it was told to.
      return await within(timeout + 250, 'the device', answer(desk, what, body, deadline));
    }).catch(() => response.destroy());
  });
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

async function reply(request: IncomingMessage, response: ServerResponse, token: string, deadline: Deadline, work: (what: string, body: Record<string, unknown>) => Promise<Reply>): Promise<void> {
  let reply: Reply;
  try {
    if (!isAllowed(request.headers.authorization, token)) throw new Refusal(401, 'The token is missing or wrong.');
    const body = request.method === 'GET' ? {} : await within(deadline.left, 'the request', readBody(request));
    reply = await work(`${request.method} ${request.url}`, body);
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 503;
    reply = { status, body: { cause: error instanceof Problem ? error.message : wordsOf(error) } };
  }
  // What is left of a body that nobody reads must not keep the connection.
  const isDone = request.complete;
  response.writeHead(reply.status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...(isDone ? {} : { connection: 'close' }) });
  response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
}

async function answer(desk: Desk, what: string, body: Record<string, unknown>, deadline: Deadline): Promise<Reply> {
  if (what === 'GET /state') return { status: 200, body: { state: await desk.state(deadline) } };
  if (what === 'POST /stop') {
    if (await desk.stop(body['emergency'] === true, deadline)) return { status: 204, body: undefined };
    throw new Error('The device has not confirmed the stop.');
  }
  const [, method, key] = /^(GET|PUT) \/actions\/([^/?#]+)$/.exec(what) ?? [];
  if (key === undefined || !isKey(key)) throw new Refusal(404, 'There is description, state, actions/KEY and stop.');
  return method === 'PUT' ? await begin(desk, key, body, deadline) : await tell(desk, key, deadline);
}

async function begin(desk: Desk, key: string, { action, parameters }: Record<string, unknown>, deadline: Deadline): Promise<Reply> {
  if (typeof action !== 'string') throw new Refusal(400, 'No action is named.');
  const answered = await desk.begin(key, action, parameters ?? {}, deadline);
  if (answered.kind === 'refused') throw new Refusal(409, answered.cause);
  if (answered.kind === 'unknown') throw new Error(answered.cause);
  return { status: 202, body: { key } };
}

async function tell(desk: Desk, key: string, deadline: Deadline): Promise<Reply> {
  const told = await desk.standing(key, deadline);
  if (told === undefined) throw new Refusal(404, 'The key was never given.');
  if (told.standing.status === 'unknown') throw new Error(told.standing.cause);
  return { status: 200, body: { action: told.action, ...told.standing } };
}

/** Compares digests, so that neither the time nor the length tells how much of a guess was right. */
function isAllowed(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (!/^application\/json(?:;|$)/i.test(request.headers['content-type'] ?? '')) throw new Refusal(415, 'The body has to be application/json.');
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw new Refusal(413, `The body is larger than ${mostBytes} bytes.`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new Refusal(413, `The body is larger than ${mostBytes} bytes.`);
    chunks.push(chunk);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Refusal(400, 'The body is no object.');
  return body as Record<string, unknown>;
}

function describe({ instrument, actions }: CommandConfig): object {
  return { ...instrument, actions: actions.map(({ name, title, text, parameters, results }: ActionConfig) => ({ name, title, text, parameters: parameters.map(describeField), results: results.map(describeField) })) };
}

function describeField({ name, kind, unit, low, high, choices, maxLength }: Field): object {
  if (kind === 'flag') return { name, kind };
  if (kind === 'text') return { name, kind, maxLength, ...(choices.length === 0 ? {} : { choices }) };
  return { name, kind, unit, low, high };
}
