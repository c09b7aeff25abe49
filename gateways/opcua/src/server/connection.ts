import { hostname } from 'node:os';
import { makeApplicationUrn, MessageSecurityMode, OPCUAClient, SecurityPolicy, UserTokenType, type ClientSession, type EndpointDescription } from 'node-opcua';
import type { ServerConfig } from '../config.ts';
import { Problem, wordsOf } from '../problem.ts';
import { within } from '../time.ts';
import type { RawSession } from './services.ts';
import type { TrustStore } from './trust.ts';

const patience = 15_000;
const applicationName = 'Dure OPC UA gateway';

/** A session with a server whose certificate is trusted. */
export interface Connection {
  session: RawSession;
  /** Resolves when the server is gone. */
  lost: Promise<string>;
  /** The session is the one of the connection before, with its subscriptions. */
  isSameSession: boolean;
  /** Lets go of a connection that broke; the session waits at the server for the next. */
  drop(): Promise<void>;
  /** Ends the session; the server keeps the subscriptions for their lifetime, so that the next session can take them up. */
  close(): Promise<void>;
}

/**
 * Connects once. Trying again is the caller's decision, made in one place; so the client's own ways of trying again are
 * off: they would hide what has to be told.
 */
export async function connect(server: ServerConfig, trust: TrustStore, before?: ClientSession, sessionTimeout = 120_000): Promise<Connection> {
  const endpoint = choose(await discover(server, trust), server);
  if (server.securityMode !== 'None') await trust.demand(endpoint.serverCertificate, server.endpoint);
  const client = createClient(trust, {
    securityMode: MessageSecurityMode[server.securityMode],
    securityPolicy: SecurityPolicy[server.securityPolicy],
    serverCertificate: endpoint.serverCertificate,
    requestedSessionTimeout: sessionTimeout,
  });
  try {
    await within(patience, 'connecting', client.connect(server.endpoint));
    const lost = whenLost(client);
    const isSameSession = before !== undefined && (await isReactivated(client, before));
    const session = isSameSession ? before : await within(patience, 'opening a session', openSession(client, server));
    return { session: session as RawSession, lost, isSameSession, drop: () => disconnect(client), close: () => closeBoth(client, session) };
  } catch (error) {
    await disconnect(client);
    throw error;
  }
}

/**
 * Moves the session of a broken connection to this one (Part 4, 5.6.3). A server hands subscriptions from one session to
 * another only if it knows the user; but a session keeps its own whoever the user is.
 */
async function isReactivated(client: OPCUAClient, before: ClientSession): Promise<boolean> {
  try {
    await within(patience, 'taking up the session', client.reactivateSession(before));
    return true;
  } catch {
    return false; // the server was restarted, or the session has timed out: a new one is opened
  }
}

async function openSession(client: OPCUAClient, { user, endpoint }: ServerConfig): Promise<ClientSession> {
  try {
    return await client.createSession(
      user === undefined ? { type: UserTokenType.Anonymous } : { type: UserTokenType.UserName, userName: user.name, password: user.password },
    );
  } catch (error) {
    const words = wordsOf(error);
    if (/BadIdentityToken|BadUserAccessDenied/.test(words))
      throw new Problem(`The server does not let ${user === undefined ? 'an anonymous user' : `the user ${user.name}`} in (${words})`, endpoint, 'check server.user and its password');
    if (/BadSecurityChecksFailed|BadCertificate/.test(words)) throw notYetTrusted(words, endpoint);
    throw error;
  }
}

/** Asks for the endpoints without security: this is what finds out which certificate the server has. */
async function discover(server: ServerConfig, trust: TrustStore): Promise<EndpointDescription[]> {
  const client = createClient(trust, { securityMode: MessageSecurityMode.None, securityPolicy: SecurityPolicy.None });
  try {
    await within(patience, 'connecting', client.connect(server.endpoint));
    return await within(patience, 'asking for the endpoints', client.getEndpoints());
  } catch (error) {
    throw new Problem(`No answer from the server: ${wordsOf(error)}`, server.endpoint, 'check the address, the firewall, and that the server runs');
  } finally {
    await disconnect(client);
  }
}

function choose(endpoints: EndpointDescription[], server: ServerConfig): EndpointDescription {
  const mode = MessageSecurityMode[server.securityMode];
  const policy: string = SecurityPolicy[server.securityPolicy];
  const found = endpoints.find((endpoint) => endpoint.securityMode === mode && endpoint.securityPolicyUri === policy);
  if (found !== undefined) return found;
  const offers = endpoints.map((endpoint) => `${MessageSecurityMode[endpoint.securityMode]}/${endpoint.securityPolicyUri?.split('#')[1] ?? '?'}`);
  throw new Problem(
    `The server has no endpoint with ${server.securityMode}/${server.securityPolicy}`,
    server.endpoint,
    `set server.securityMode and server.securityPolicy to one it has: ${[...new Set(offers)].join(', ')}`,
  );
}

function createClient(trust: TrustStore, security: { securityMode: MessageSecurityMode; securityPolicy: SecurityPolicy; serverCertificate?: Buffer; requestedSessionTimeout?: number }): OPCUAClient {
  return OPCUAClient.create({
    ...security,
    applicationName,
    applicationUri: makeApplicationUrn(hostname(), 'DureOpcUaGateway'),
    clientName: applicationName,
    clientCertificateManager: trust.manager,
    // An endpoint's own address often has a name that is known inside the plant's network alone.
    endpointMustExist: false,
    keepSessionAlive: false,
    keepPendingSessionsOnDisconnect: true,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 200 },
    transportTimeout: patience,
  });
}

function whenLost(client: OPCUAClient): Promise<string> {
  return new Promise((resolve) => {
    client.once('connection_lost', () => resolve('the connection broke'));
    client.once('close', (error?: Error | null) => resolve(error ? wordsOf(error) : 'the connection was closed'));
  });
}

async function closeBoth(client: OPCUAClient, session: ClientSession): Promise<void> {
  await quietly(within(2000, 'closing the session', session.close(false)));
  await disconnect(client);
}

async function disconnect(client: OPCUAClient): Promise<void> {
  await quietly(within(5000, 'disconnecting', client.disconnect()));
}

/** Leaving a server that is gone already is no news. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}

function notYetTrusted(words: string, endpoint: string): Problem {
  return new Problem(`The server refuses the gateway's certificate (${words})`, endpoint, `trust "${applicationName}" on the server; its certificate is in pki/own/certs of the data folder`);
}
