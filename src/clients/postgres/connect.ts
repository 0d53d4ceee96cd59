import { TLSSocket } from 'node:tls';
import pg from 'pg';
import { PermanentError, UsageError } from '../../text/errors.ts';
import { ConnectError } from './busy-server.ts';
import { type Connection, describe } from './connection.ts';
import { outcomeOfSqlstate } from './sqlstates.ts';

/**
 * A connected client, for a caller that cannot use `withClient` and then must `disconnect` it.
 *
 * @throws UsageError if a certificate is wrong, or if the server has no TLS and sslmode requires it. For a refused
 * login, the class by `sqlstates`, or UsageError if the connection is interactive. ConnectError, which is transient,
 * if the server cannot be reached or is not ready. Each has host, port, database and user. After the connection's
 * signal, its reason.
 */
export async function connect(connection: Connection): Promise<pg.Client> {
  const { signal } = connection;
  await connection.beforeConnect?.();
  signal?.throwIfAborted();
  const client = new pg.Client(connection.config());
  const stop = () => client.connection.stream.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  client.once('end', () => signal?.removeEventListener('abort', stop));
  // Without a listener, a connection that is lost between two queries ends the process.
  client.on('error', () => undefined);
  client.connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
    if (parameterName === 'server_version') versions.set(client, parameterValue);
  });
  const isHandshake = watchHandshake(client);
  const isBound = connection.bindsChannel ? requireChannelBinding(client) : () => true;
  try {
    await client.connect();
    if (!isBound()) throw channelNotBound();
    return client;
  } catch (error) {
    signal?.throwIfAborted();
    const { stream } = client.connection;
    const isCertificateRefused =
      isHandshake() && stream instanceof TLSSocket && Boolean(stream.authorizationError);
    await disconnect(client);
    throw connectError(connection, error, isCertificateRefused);
  }
}

interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

const versions = new WeakMap<pg.Client, string>();

/**
 * The major version, which the server reports at the login, before any statement that it might not support; 0 when it
 * reported none.
 */
export function majorVersionOf(client: pg.Client): number {
  return Number.parseInt(versions.get(client) ?? '0', 10) || 0;
}

/** Ends the connection. After two seconds without an answer of the server, the socket is closed. */
export async function disconnect(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => client.connection.stream.destroy(), 2000);
  await client.end().finally(() => clearTimeout(timer));
}

/**
 * Ends the connection before a password is sent, if the server asks for one without binding the login to the TLS
 * connection.
 *
 * @returns whether the login was bound. A server may also ask for no password at all.
 */
function requireChannelBinding({ connection }: pg.Client): () => boolean {
  let isBound = false;
  const refuse = () => connection.stream.destroy(channelNotBound());
  connection.on('authenticationSASL', ({ mechanisms }: { readonly mechanisms: readonly string[] }) => {
    isBound = mechanisms.includes('SCRAM-SHA-256-PLUS');
    if (!isBound) refuse();
  });
  for (const other of ['authenticationCleartextPassword', 'authenticationMD5Password'])
    connection.on(other, refuse);
  return () => isBound;
}

function channelNotBound(): UsageError {
  return new UsageError(
    'channel_binding=require: the server does not bind the login to the TLS connection (SCRAM-SHA-256-PLUS); a ' +
      'pooler or somebody in between ends TLS, or the password is not stored for SCRAM',
  );
}

function watchHandshake(client: pg.Client): () => boolean {
  let isHandshake = false;
  const { connection } = client;
  connection.once('sslconnect', () => {
    isHandshake = true;
    connection.stream.once('secureConnect', () => {
      isHandshake = false;
    });
  });
  return () => isHandshake;
}

/** `pg` has no error code for it, only this text. */
function refusesTls(error: unknown): boolean {
  return error instanceof Error && error.message === 'The server does not support SSL connections';
}

/** invalid_authorization_specification, invalid_password, invalid_catalog_name, insufficient_privilege. */
const refusedLogins: ReadonlySet<string> = new Set(['28000', '28P01', '3D000', '42501']);

function connectError(connection: Connection, cause: unknown, isCertificateRefused: boolean): Error {
  const { sslmode, isInteractive } = connection;
  const where = `while connecting to ${describe(connection)}`;
  if (isCertificateRefused)
    return new UsageError(`${where} with sslmode=${sslmode}: the server's certificate is not accepted`, {
      cause,
    });
  if (refusesTls(cause))
    return new UsageError(
      `${where}: sslmode=${sslmode} needs TLS; where the network is trusted, give sslmode=disable`,
      {
        cause,
      },
    );
  if (cause instanceof pg.DatabaseError) {
    const { code = '' } = cause;
    if (isInteractive)
      return refusedLogins.has(code) ? new UsageError(where, { cause }) : new ConnectError(where, { cause });
    const { outcome, whatToDo } = outcomeOfSqlstate(code);
    return outcome === 'try again'
      ? new ConnectError(where, { cause })
      : new PermanentError(`${where}: ${whatToDo}`, { cause });
  }
  const { code = '' } = cause as NodeJS.ErrnoException;
  // A TLS alert of the server: it does not accept the client's certificate.
  const isUsage = cause instanceof UsageError || /^ERR_SSL_.*ALERT_.*(CA|CERTIFICATE)/.test(code);
  return isUsage ? new UsageError(where, { cause }) : new ConnectError(where, { cause });
}
