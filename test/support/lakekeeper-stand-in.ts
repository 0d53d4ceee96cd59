import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ofAnyWarehouse } from './crossing.ts';
import { type Answer, nilProject } from './lakekeeper-answer.ts';
import { answerTo } from './lakekeeper-routes.ts';
import type { Cloud, Credential, Profile } from './lakekeeper-storage.ts';
import type { ObjectStore } from './object-store-stand-in.ts';

/**
 * A small HTTP server that behaves as Lakekeeper does where registration looks: it answers what the real one was
 * recorded to answer (`test/contracts/lakekeeper-replay.ts`), and in other versions what
 * docs/facts/lakekeeper-versions.md says. Simulated: everything is in memory.
 */
export interface StandInSettings {
  readonly version?: '0.11.6' | '0.12.2' | '0.13.1' | '0.13.3';
  /** A build of the main branch after 0.13.3, which calls itself 0.13.1. */
  readonly isMain?: boolean;
  /** The tokens that are accepted; without it, authentication is off. */
  readonly tokens?: readonly string[];
  /** Those of them that are of instance admins. */
  readonly instanceAdmins?: readonly string[];
  /** The clouds whose system identities are switched on. */
  readonly systemIdentities?: readonly Cloud[];
  /** Without a slash at its end. The Host header is used when it is absent. */
  readonly baseURI?: string;
  readonly authorizer?: string;
  readonly isBootstrapped?: boolean;
  /** LAKEKEEPER__ENABLE_DEFAULT_PROJECT, which is on. */
  readonly hasDefaultProject?: boolean;
  /** What storage is tried out on; without it, every store is there and takes whatever it is given. */
  readonly objectStores?: readonly ObjectStore[];
  /** The key that stored credentials are encrypted with. */
  readonly encryptionKey?: string;
  /** Whether its Postgres answers. */
  readonly database?: 'lost';
  /**
   * How many config requests are answered as if a warehouse that was activated were not, until it is read by its id.
   */
  readonly staleConfigs?: number;
}

/** What goes wrong with a request. With `afterwards` the server does what it was asked, and only the answer is lost. */
export type Fault = { readonly afterwards?: boolean } & (
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Answers when the promise is settled. */
  | { readonly kind: 'delay'; readonly until: Promise<unknown> }
  | { readonly kind: 'cut' | 'halfBody' | 'notJSON' | 'silence' }
);

export interface StoredWarehouse {
  id: string;
  name: string;
  isActive: boolean;
  profile: Profile;
  credential: Credential | undefined;
  managedBy?: string;
  isProtected?: boolean;
  deleteProfile?: Readonly<Record<string, unknown>> | undefined;
  updatedAt?: string;
  encryptionKey?: string | undefined;
  staleConfigs?: number;
}

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

export interface LakekeeperStandIn {
  readonly url: string;
  readonly http: Server;
  /** Change them at any time. */
  settings: StandInSettings;
  /** To set it makes or removes the default project as well: Lakekeeper has it from its bootstrap. */
  isBootstrapped: boolean;
  /** Names by their ids. */
  readonly projects: Map<string, string>;
  readonly id: string;
  readonly warehouses: StoredWarehouse[];
  readonly requests: SeenRequest[];
  /** Requests that may have changed something. */
  writes(): SeenRequest[];
  /**
   * The next request whose `METHOD /path` begins like this goes wrong; faults queue up. A path of any warehouse has
   * `{id}`.
   */
  fail(request: string, fault: Fault): void;
  /** Every request that begins like this goes wrong, until what it returns is called. */
  keepFailing(request: string, fault: Fault): () => void;
  /** Called before the next request whose `METHOD /path` begins like this, to be faster than it. */
  before(request: string, event: () => void): void;
  stop(): Promise<void>;
}

/** Starts a stand-in on a free port of this machine. */
export async function startLakekeeper(settings: StandInSettings = {}): Promise<LakekeeperStandIn> {
  const faults: { request: string; fault: Fault }[] = [];
  const lasting = new Set<{ request: string; fault: Fault }>();
  const events: { request: string; event: () => void }[] = [];
  const server = createServer((request, response) => {
    void respond(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const seen: SeenRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
      contentType: request.headers['content-type'],
      body: Buffer.concat(chunks).toString(),
    };
    standIn.requests.push(seen);
    const what = `${seen.method} ${seen.url}`;
    const isFor = ({ request: wanted }: { request: string }) =>
      what.startsWith(wanted) || ofAnyWarehouse(what).startsWith(wanted);
    for (const { event } of takeFirst(events, isFor)) event();
    const failure = takeFirst(faults, isFor)[0] ?? [...lasting].find(isFor);
    const fault = failure?.fault;
    if (fault?.kind === 'delay') await fault.until;
    const isDone = fault === undefined || fault.kind === 'delay' || fault.afterwards === true;
    const answer = isDone ? answerTo(standIn, seen, request.headers.host ?? '') : { status: 200, body: {} };
    send(response, answer, fault);
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let isBootstrapped = false;
  const standIn: LakekeeperStandIn = {
    url: `http://127.0.0.1:${port}`,
    http: server,
    settings,
    get isBootstrapped() {
      return isBootstrapped;
    },
    set isBootstrapped(done) {
      isBootstrapped = done;
      if (done && standIn.settings.hasDefaultProject !== false)
        standIn.projects.set(nilProject, 'Default Project');
      if (!done) standIn.projects.clear();
    },
    projects: new Map(),
    id: randomUUID(),
    warehouses: [],
    requests: [],
    writes: () => standIn.requests.filter(({ method }) => method !== 'GET'),
    fail: (request, fault) => faults.push({ request, fault }),
    keepFailing: (request, fault) => {
      const failure = { request, fault };
      lasting.add(failure);
      return () => lasting.delete(failure);
    },
    before: (request, event) => events.push({ request, event }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  standIn.isBootstrapped = settings.isBootstrapped ?? false;
  return standIn;
}

function takeFirst<T>(from: T[], isWanted: (item: T) => boolean): T[] {
  const index = from.findIndex(isWanted);
  return index < 0 ? [] : from.splice(index, 1);
}

function send(response: ServerResponse, answer: Answer, fault: Fault | undefined): void {
  if (fault?.kind === 'silence') return;
  if (fault?.kind === 'cut') {
    response.destroy();
    return;
  }
  if (fault?.kind === 'status') {
    response.writeHead(fault.status, fault.headers).end(fault.body);
    return;
  }
  if (fault?.kind === 'notJSON') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>one moment please</html>');
    return;
  }
  const body = answer.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body));
  const headers = {
    ...(answer.text === undefined ? {} : { 'content-type': 'text/plain; charset=utf-8' }),
    ...(answer.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(answer.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...answer.headers,
  };
  response.writeHead(answer.status, headers);
  if (fault?.kind !== 'halfBody') {
    response.end(body);
    return;
  }
  response.write(body.slice(0, Math.floor(body.length / 2)), () => response.destroy());
}
