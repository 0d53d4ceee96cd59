import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import { isConnectionString } from '../../text/credential-form.ts';
import { UsageError } from '../../text/errors.ts';
import { nameForMessage } from '../../text/printable.ts';
import {
  type Parameter,
  type Parameters,
  parameterForMessage,
  readParameters,
} from './connection-parameters.ts';
import { type SslMode, sslmodeOf, tlsOptions } from './postgres-tls.ts';

/** How to connect to one database. Printing the object shows neither the password nor the private key. */
export class Connection {
  /** A name or address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly sslmode: SslMode;
  /** Whether a login counts only when it is bound to the TLS connection (SCRAM-SHA-256-PLUS). */
  readonly bindsChannel: boolean;
  /** Ends the connection and the query that runs on it. The reason of the signal is thrown. */
  readonly signal: AbortSignal | undefined;
  /** Whether a person runs the command: a login that is refused is then a usage error. */
  readonly isInteractive: boolean;
  readonly beforeConnect: (() => Promise<void>) | undefined;
  readonly #config: pg.ClientConfig;
  readonly #tls: ConnectionOptions | undefined;
  readonly #parameters: Parameters;

  constructor(
    parameters: Parameters,
    { signal, isInteractive = true, beforeConnect }: ConnectionExtras = {},
  ) {
    this.#parameters = parameters;
    this.signal = signal;
    this.isInteractive = isInteractive;
    this.beforeConnect = beforeConnect;
    this.host = hostOf(parameters.host);
    this.port = portOf(parameters.port);
    this.user = nameOf(parameters.user) ?? systemUser();
    this.database = nameOf(parameters.dbname) ?? this.user;
    // As in libpq: a Unix socket has no TLS, whatever sslmode says.
    this.sslmode = isAbsolute(this.host) ? 'disable' : sslmodeOf(parameters, this.host);
    this.#tls = this.sslmode === 'disable' ? undefined : tlsOptions(this.sslmode, parameters);
    this.bindsChannel = bindsChannel(parameters.channel_binding, this.sslmode);
    const password = parameters.password?.value;
    this.#config = {
      host: this.host,
      port: this.port,
      user: this.user,
      database: this.database,
      // A function, because `pg` takes another password from its own environment when it finds none here.
      password: () => password ?? missing(),
      application_name: parameters.application_name?.value ?? 'lakekeeper-gitops',
      sslnegotiation: parameters.sslnegotiation?.value === 'direct' && this.#tls ? 'direct' : 'postgres',
      connectionTimeoutMillis: timeoutOf(parameters.connect_timeout) * 1000,
      keepAlive: true,
      enableChannelBinding: this.bindsChannel,
      ...(parameters.options && { options: parameters.options.value }),
    };
  }

  /** The same server, with another database, and with another login when there is one. */
  to(database: string, login?: { readonly user: string; readonly password: string }): Connection {
    const parameter = (name: string, value: string): Parameter => ({ value, from: `the ${name} given` });
    const parameters = {
      ...this.#parameters,
      user: parameter('user', login?.user ?? this.user),
      dbname: parameter('database', database),
      ...(login && { password: parameter('password', login.password) }),
    };
    return new Connection(parameters, this);
  }

  /** The configuration for `pg`. */
  config(): pg.ClientConfig {
    return { ...this.#config, ssl: this.#tls ?? false };
  }
}

/** Properties of a connection that come neither from a URL nor from the environment. */
export interface ConnectionExtras {
  /** CA certificate in PEM, instead of a file. `from` is its place, for messages. */
  readonly rootCertificate?: { readonly text: string; readonly from: string } | undefined;
  readonly signal?: AbortSignal | undefined;
  /** False in a Job: `sqlstates` decides what a refused login means. The default is true. */
  readonly isInteractive?: boolean;
  /** Awaited before each connection: a limit of how many are made in a second. */
  readonly beforeConnect?: (() => Promise<void>) | undefined;
}

/**
 * A connection with the parameters and defaults of libpq: from a `postgres://` URL, then from the PG* variables, then
 * `localhost`, 5432, the operating system's user, and a database of that name. Two things differ from libpq: the
 * default of sslmode is `require` (`disable` for this machine), and no file of the home directory is read. A connect
 * timeout of 0 means none; the default is 10 seconds.
 *
 * @throws UsageError with the value that was seen and what is allowed, without the password.
 */
export function parseConnection(
  url: string | undefined,
  env: NodeJS.ProcessEnv,
  { rootCertificate, ...extras }: ConnectionExtras = {},
): Connection {
  const { from = '', text = '' } = rootCertificate ?? {};
  const parameters = {
    ...readParameters(url, env),
    ...(rootCertificate && { sslrootcert: { value: from, from, text } }),
  };
  return new Connection(parameters, extras);
}

/** `host:port/database as user`, for messages. */
export function describe({ host, port, database, user }: Connection): string {
  const shownHost = host.includes(':') ? `[${nameForMessage(host)}]` : nameForMessage(host);
  return `${shownHost}:${port}/${nameForMessage(database)} as ${nameForMessage(user)}`;
}

function hostOf(parameter: Parameter | undefined): string {
  const host = parameter?.value ?? 'localhost';
  if (isAbsolute(host)) return host;
  if (host.includes(','))
    throw new UsageError(`${parameter?.from}: several hosts are not supported; name one`);
  return nameOf(parameter) ?? host;
}

/** A name. A connection string is refused here: messages repeat names, and it may contain a password. */
function nameOf(parameter: Parameter | undefined): string | undefined {
  if (parameter === undefined || !isConnectionString(parameter.value)) return parameter?.value;
  throw new UsageError(
    `${parameter.from}: expected a name, and found a part of a connection string; give that as a postgres:// URL`,
  );
}

/** As in libpq, `require` is an error without TLS. Unlike in libpq, `prefer` does not bind. */
function bindsChannel(parameter: Parameter | undefined, sslmode: SslMode): boolean {
  if (parameter?.value !== 'require') {
    if (parameter === undefined || ['disable', 'prefer'].includes(parameter.value)) return false;
    throw new UsageError(
      `${parameter.from}: ${parameterForMessage(parameter)} is not one of disable, prefer, require`,
    );
  }
  if (sslmode !== 'disable') return true;
  throw new UsageError(`${parameter.from}: require needs TLS, and sslmode is disable`);
}

function portOf(parameter: Parameter | undefined): number {
  const port = numberOf(parameter, 5432);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(
    `${parameter?.from}: expected a number from 1 to 65535, not ${parameterForMessage(parameter)}`,
  );
}

function timeoutOf(parameter: Parameter | undefined): number {
  const seconds = numberOf(parameter, 10);
  if (Number.isInteger(seconds) && seconds <= 86_400) return Math.max(seconds, 0);
  throw new UsageError(
    `${parameter?.from}: expected seconds (0 to 86400), not ${parameterForMessage(parameter)}`,
  );
}

function numberOf(parameter: Parameter | undefined, fallback: number): number {
  if (parameter === undefined) return fallback;
  return /^\s*-?\d+\s*$/.test(parameter.value) ? Number(parameter.value) : Number.NaN;
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // The user id of a container may have no name.
    throw new UsageError('no user for Postgres: give it in the URL or as PGUSER');
  }
}

function missing(): never {
  throw new UsageError('the server asks for a password, and there is none in the URL or in PGPASSWORD');
}
