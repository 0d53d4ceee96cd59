import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Crossing, Fate, Gate } from './crossing.ts';
import { listen } from './listen.ts';

export interface PostgresProxy extends AsyncDisposable {
  readonly port: number;
  readonly server: Server;
  /** Where the server is; it may move. */
  upstream: { host: string; port: number };
  /** Of its connections to the server: what the server calls `client_port`. */
  readonly localPorts: ReadonlySet<number>;
}

/**
 * Stands between a program and Postgres, and asks the gate about every statement and every answer. It follows the
 * protocol (without TLS) just far enough to know where a statement begins and ends: what is sent up to Query or Sync,
 * and what is answered up to ReadyForQuery.
 */
export async function startPostgresProxy(
  upstream: { host: string; port: number },
  gate: Gate,
): Promise<PostgresProxy> {
  const sockets = new Set<Socket>();
  const localPorts = new Set<number>();
  const server = createServer((client) => {
    const target = connect({ ...proxy.upstream });
    target.on('connect', () => localPorts.add(target.localPort ?? 0));
    for (const socket of [client, target]) {
      // As Postgres and its clients do. Otherwise a second small message waits until the first one is acknowledged.
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // What breaks on one side, breaks on the other.
      socket.on('error', () => undefined);
    }
    carry(client, target, gate);
  });
  const port = await listen(server);
  const proxy: PostgresProxy = {
    port,
    server,
    upstream,
    localPorts,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function carry(client: Socket, target: Socket, gate: Gate): void {
  // The login has messages in both directions, and counts as one statement.
  let about: Pick<Crossing, 'what' | 'isWrite'> = { what: 'connect', isWrite: false };
  const send = (to: Socket, bytes: Buffer, fate: Fate): void => {
    if (fate === 'pass') to.write(bytes);
    if (fate === 'half') to.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => breakBoth());
    if (fate === 'cut') breakBoth();
  };
  const breakBoth = (): void => {
    client.destroy();
    target.destroy();
  };

  const requests = new Messages('startup');
  let pending: Buffer[] = [];
  let sql = '';
  client.on('data', (chunk) => {
    for (const { type, bytes } of requests.read(chunk as Buffer)) {
      pending.push(bytes);
      if (type === '') about = login(bytes);
      if (type === 'Q') sql = textOf(bytes, 5);
      if (type === 'P') sql = textOf(bytes, bytes.indexOf(0, 5) + 1);
      if (type === 'S' || type === 'Q') about = statement(sql);
      // Of the extended protocol, only Sync ends a statement.
      if (type !== '' && !['Q', 'S', 'p', 'X'].includes(type)) continue;
      const all = Buffer.concat(pending);
      pending = [];
      const asks = type === '' || type === 'Q' || type === 'S';
      inOrder(client, async () =>
        send(target, all, asks ? await gate({ server: 'postgres', stage: 'request', ...about }) : 'pass'),
      );
    }
  });
  const answers = new Messages('typed');
  let answered: Buffer[] = [];
  let isLogin = true;
  target.on('data', (chunk) => {
    for (const { type, bytes } of answers.read(chunk as Buffer)) {
      answered.push(bytes);
      const isRequestForPassword = isLogin && type === 'R';
      if (type !== 'Z' && !isRequestForPassword) continue;
      const all = Buffer.concat(answered);
      answered = [];
      const asked = about;
      if (type === 'Z') isLogin = false;
      inOrder(target, async () =>
        send(
          client,
          all,
          type === 'Z' ? await gate({ server: 'postgres', stage: 'answer', ...asked }) : 'pass',
        ),
      );
    }
  });
  client.on('close', () => target.destroy());
  target.on('close', () =>
    inOrder(target, async () => {
      // A server that goes says why, outside of any answer.
      client.end(Buffer.concat(answered));
    }),
  );
}

const queues = new WeakMap<Socket, Promise<void>>();
function inOrder(socket: Socket, work: () => Promise<void>): void {
  queues.set(
    socket,
    (queues.get(socket) ?? Promise.resolve()).then(work).catch(() => undefined),
  );
}

function textOf(bytes: Buffer, from: number): string {
  return bytes.toString('utf8', from, bytes.indexOf(0, from));
}

/** The first message of a client: length, version, then names and values. */
function login(bytes: Buffer): Pick<Crossing, 'what' | 'isWrite'> {
  const words = bytes.toString('utf8', 8).split('\0');
  const [user, database] = ['user', 'database'].map((name) => words[words.indexOf(name) + 1]);
  return { what: `connect to ${database} as ${user}`, isWrite: false };
}

/** The statement, without what differs from run to run. */
function statement(sql: string): Pick<Crossing, 'what' | 'isWrite'> {
  const what = sql
    .replaceAll(/'SCRAM-SHA-256\$[^']*'/g, "'…'")
    .replaceAll(/pg_backend_pid\(\) = \d+/g, 'pg_backend_pid() = …')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 80);
  const write = /^(CREATE|ALTER|GRANT|REVOKE|DROP|INSERT|UPDATE|DELETE|SELECT pg_terminate_backend)\b/i;
  return { what, isWrite: write.test(what) };
}

/** Cuts a stream of bytes into the protocol's messages. The first one of a client has no type. */
export class Messages {
  private rest: Buffer = Buffer.alloc(0);
  constructor(private next: 'startup' | 'typed') {}

  *read(chunk: Buffer): Generator<{ type: string; bytes: Buffer }> {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (;;) {
      const header = this.next === 'startup' ? 0 : 1;
      if (this.rest.length < header + 4) return;
      const length = header + this.rest.readInt32BE(header);
      if (this.rest.length < length) return;
      const bytes = this.rest.subarray(0, length);
      this.rest = this.rest.subarray(length);
      const type = header === 0 ? '' : String.fromCharCode(bytes[0] ?? 0);
      this.next = 'typed';
      yield { type, bytes };
    }
  }
}
