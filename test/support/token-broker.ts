import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { TokenBroker } from '../../src/worker/token-broker/broker.ts';
import {
  defaultLimits,
  type Limits,
  tokenBrokerServer,
} from '../../src/worker/token-broker/broker-server.ts';
import { readToken } from '../../src/worker/token-broker/token-file.ts';
import { withDirectory } from './tree.ts';

const key = new TextEncoder().encode('the key of the cluster, which the broker does not have');

/** A signed JWT like a ServiceAccount's. Times are seconds since 1970; left out, the claim is too. */
export async function jwt({ iat, exp }: { iat?: number; exp?: number }, nonce = ''): Promise<string> {
  const claims = {
    iss: 'https://kubernetes.default.svc',
    sub: 'system:serviceaccount:duckgres:worker',
    aud: ['lakekeeper-acme'],
    jti: nonce,
    ...(iat === undefined ? {} : { iat }),
    ...(exp === undefined ? {} : { exp }),
  };
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key);
}

/** Puts a token in place as the kubelet does: in one step. */
export function rotate(file: string, token: string): void {
  writeFileSync(`${file}.new`, token);
  renameSync(`${file}.new`, file);
}

/** A broker in this process, on a port of its own. */
export interface RunningBroker {
  readonly port: number;
  readonly tokenFile: string;
  readonly server: Server;
  /** What was said about the token, in order: a reason, or undefined for one that can be handed out. */
  readonly changes: (string | undefined)[];
}

/** Lends a broker. @param options `token` stands in its file, without one there is no file. */
export async function withBroker<T>(
  options: { token?: string; limits?: Partial<Limits>; now?: () => number; expiresIn?: number },
  work: (broker: RunningBroker) => Promise<T>,
): Promise<T> {
  return withDirectory(async (directory) => {
    const tokenFile = join(directory, 'token');
    if (options.token !== undefined) writeFileSync(tokenFile, options.token);
    const changes: (string | undefined)[] = [];
    const broker = new TokenBroker(
      { path: '/token', expiresIn: options.expiresIn ?? 60 },
      {
        readToken: (now) => readToken(tokenFile, now),
        now: options.now ?? Date.now,
        onChange: (problem) => changes.push(problem),
        onFault: (error) => {
          throw error;
        },
      },
    );
    const server = tokenBrokerServer(broker, { ...defaultLimits, ...options.limits });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      return await work({ port: (server.address() as AddressInfo).port, tokenFile, server, changes });
    } finally {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  });
}

/** A connection that swallows its errors: that a server cuts it off is what is looked at. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  // Whoever does not read learns of no end.
  return socket.resume();
}

/** Waits until a connection is over, in whatever way. */
export async function over(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((closed) => socket.once('close', closed));
}

/** Writes bytes to a connection of its own, and gives back all that comes until the server ends it. */
export async function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const socket = await dial(port);
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
  });
  socket.end(bytes);
  await over(socket);
  return received;
}

const form = 'application/x-www-form-urlencoded';

/** A request for a token, as `fetch` sends it. */
export async function askForToken(
  port: number,
  { body = 'grant_type=client_credentials', type = form, path = '/token', headers = {} as object } = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body,
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

/** The raw bytes of a request for a token. @param headers lines in place of the `Host` header. */
export function tokenRequest(headers = 'Host: 127.0.0.1', body = 'grant_type=client_credentials'): string {
  return (
    `POST /token HTTP/1.1\r\n${headers}\r\nContent-Type: ${form}\r\nContent-Length: ` +
    `${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

/** The program, listening in a process of its own. */
export interface BrokerProcess {
  readonly port: number;
  /** Everything that it has printed so far. */
  readonly output: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<number | null>;
}

/** Lends the program `token-broker`, built by the global set-up, with these arguments, at a free port. */
export async function withBrokerProcess<T>(
  args: readonly string[],
  work: (broker: BrokerProcess) => Promise<T>,
  env: NodeJS.ProcessEnv = {},
): Promise<T> {
  const child = spawn(process.execPath, ['lib/cli.js', 'token-broker', ...args], {
    env: { ...process.env, LAKEKEEPER_GITOPS_TOKEN_BROKER_LISTEN: '127.0.0.1:0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const port = await new Promise<number>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      output += chunk;
      const [, found] = /"address":"[^"]*:(\d+)"/.exec(output) ?? [];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    ended.then((code) => reject(new Error(`token-broker ended with ${code}: ${output}`)));
  });
  try {
    return await work({ port, output: () => output, kill: (signal) => child.kill(signal), ended });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
