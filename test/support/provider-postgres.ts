import { connect, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from './certificates.ts';
import { listen } from './listen.ts';
import { Messages } from './postgres-proxy.ts';

/** Who sent a statement, and to which database. */
export interface Session {
  readonly user: string;
  readonly database: string;
}

/**
 * What a provider's own build of Postgres does with a statement that Postgres treats otherwise: it does it itself, or
 * refuses it. Undefined: as Postgres.
 */
export type ProviderRule = (
  sql: string,
  session: Session,
) => Promise<'done' | { readonly code: string; readonly message: string } | undefined>;

/**
 * A provider's Postgres: TLS only, in front of a real Postgres, with a rule for the statements that this provider
 * treats otherwise. Only statements of the simple protocol are shown to the rule.
 *
 * @param upstream the Unix socket of the real Postgres.
 */
export async function startProvider(
  upstream: { readonly path: string },
  certificate: Certificate,
  rule: ProviderRule,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const track = <S extends Socket>(socket: S): S => {
    sockets.add(socket);
    // What breaks on one side, breaks on the other.
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    track(socket).once('data', () => {
      // The request for TLS, which every client sends first.
      socket.write('S');
      const client = track(new TLSSocket(socket, { ...certificate, isServer: true }));
      const target = track(connect(upstream));
      client.on('close', () => target.destroy());
      target.on('close', () => client.destroy()).pipe(client);
      carry(client, target, rule);
    });
  });
  const port = await listen(server);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function carry(client: TLSSocket, target: Socket, rule: ProviderRule): void {
  const messages = new Messages('startup');
  let session: Session = { user: '', database: '' };
  let work = Promise.resolve();
  client.on('data', (chunk: Buffer) => {
    for (const { type, bytes } of messages.read(chunk)) {
      if (type === '') session = sessionOf(bytes);
      work = work.then(async () => {
        const answer =
          type === 'Q' ? await rule(bytes.toString('utf8', 5, bytes.length - 1), session) : undefined;
        if (answer === undefined) target.write(bytes);
        else client.write(answerOf(answer));
      });
      work.catch(() => client.destroy());
    }
  });
}

function sessionOf(startup: Buffer): Session {
  const texts = startup.toString('utf8', 8).split('\0');
  const value = (name: string) => texts[texts.indexOf(name) + 1] ?? '';
  return { user: value('user'), database: value('database') };
}

/** CommandComplete or ErrorResponse, and ReadyForQuery outside of a transaction. */
function answerOf(answer: 'done' | { readonly code: string; readonly message: string }): Buffer {
  const ready = message('Z', 'I');
  if (answer === 'done') return Buffer.concat([message('C', 'DONE\0'), ready]);
  const { code, message: text } = answer;
  return Buffer.concat([message('E', `SERROR\0VERROR\0C${code}\0M${text}\0\0`), ready]);
}

function message(type: string, content: string): Buffer {
  const body = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}
