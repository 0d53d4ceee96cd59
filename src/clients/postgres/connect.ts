import { TLSSocket } from 'node:tls';
import pg from 'pg';
import { UsageError } from '../../text/errors.ts';
import { type Connection, describe } from './connection.ts';

/** How far an attempt to connect came. */
type Stage = 'reaching' | 'tls handshake' | 'login' | 'authenticated';

interface Failure {
  readonly error: unknown;
  readonly stage: Stage;
  readonly certificateRefused: boolean;
}

/**
 * A connected client, for a caller that cannot use `withClient` and then must `disconnect` it.
 *
 * @throws UsageError when the login, the database's name, or a certificate is wrong, or the server does no TLS where
 * sslmode insists on it; another error, for which trying again may help, when the server cannot be reached or is
 * not ready. Either names host, port, database and user. When the connection's signal ends it, the signal's reason.
 */
export async function connect(connection: Connection): Promise<pg.Client> {
  const { signal } = connection;
  const failures: Failure[] = [];
  for (const config of connection.attempts()) {
    signal?.throwIfAborted();
    const client = new pg.Client(config);
    const stop = () => client.connection.stream.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    client.once('end', () => signal?.removeEventListener('abort', stop));
    // Without a listener, a connection that is lost while nobody waits for an answer ends the process.
    client.on('error', () => undefined);
    const stage = watch(client);
    try {
      return await client.connect();
    } catch (error) {
      signal?.throwIfAborted();
      const { stream } = client.connection;
      const certificateRefused =
        stage() === 'tls handshake' && stream instanceof TLSSocket && Boolean(stream.authorizationError);
      failures.push({ error, stage: stage(), certificateRefused });
      await disconnect(client);
    }
    if (!failures.every(allowsAnotherWay)) break;
  }
  throw connectError(connection, failures);
}

/** Ends the connection, also when the server no longer answers. */
export async function disconnect(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => client.connection.stream.destroy(), 2000);
  await client.end().finally(() => clearTimeout(timer));
}

function watch(client: pg.Client): () => Stage {
  let stage: Stage = 'reaching';
  const { connection } = client;
  connection.once('connect', () => {
    if (!client.ssl) stage = 'login';
  });
  connection.once('sslconnect', () => {
    stage = 'tls handshake';
    connection.stream.once('secureConnect', () => {
      stage = 'login';
    });
  });
  connection.once('authenticationOk', () => {
    stage = 'authenticated';
  });
  return () => stage;
}

/** By the text of `pg`, which has no code for it. */
function refusesTls(error: unknown): boolean {
  return error instanceof Error && error.message === 'The server does not support SSL connections';
}

const cannotConnectNow = '57P03';

/**
 * libpq goes on to the second way of `allow` and `prefer` when the server does no TLS, when the handshake fails, and
 * when the server refuses the login; not when it cannot be reached, is not ready, or refuses after the login
 * (PQconnectPoll in src/interfaces/libpq/fe-connect.c).
 */
function allowsAnotherWay({ error, stage }: Failure): boolean {
  if (!(error instanceof Error)) return false;
  if (stage === 'tls handshake') return error.message !== 'timeout expired';
  if (stage === 'login') return error instanceof pg.DatabaseError && error.code !== cannotConnectNow;
  return stage === 'reaching' && refusesTls(error);
}

function connectError(connection: Connection, failures: Failure[]): Error {
  // That the server has no TLS matters only when nothing else could be tried; one reason for both ways is said once.
  const last = failures.filter(({ error }, index) => index === failures.length - 1 || !refusesTls(error));
  const errors = [...new Map(last.map(({ error }) => [String(error), error])).values()];
  const cause = errors.length === 1 ? errors[0] : new AggregateError(errors);
  const where = `while connecting to ${describe(connection)}`;
  if (failures.some(({ certificateRefused }) => certificateRefused) && failures.every(isPermanent))
    return new UsageError(
      `${where} with sslmode=${connection.sslmode}: the server's certificate is not accepted`,
      { cause },
    );
  return failures.every(isPermanent) ? new UsageError(where, { cause }) : new Error(where, { cause });
}

/** invalid_authorization_specification, invalid_password, invalid_catalog_name, insufficient_privilege. */
const permanentStates = ['28000', '28P01', '3D000', '42501'];

function isPermanent({ error, certificateRefused }: Failure): boolean {
  if (certificateRefused || error instanceof UsageError) return true;
  if (error instanceof pg.DatabaseError) return permanentStates.includes(error.code ?? '');
  if (!(error instanceof Error)) return false;
  const { code = '' } = error as NodeJS.ErrnoException;
  // The server says so when it does not accept the client's certificate.
  return refusesTls(error) || /^ERR_SSL_.*ALERT_.*(CA|CERTIFICATE)/.test(code);
}
