import { notRepeated, valueForMessage } from '../../text/credential-form.ts';
import { UsageError } from '../../text/errors.ts';

/** The connection parameters of libpq that are supported, and the environment variable of each. */
const variables = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslnegotiation: 'PGSSLNEGOTIATION',
  channel_binding: 'PGCHANNELBINDING',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  application_name: 'PGAPPNAME',
  options: 'PGOPTIONS',
} as const;
type ParameterName = keyof typeof variables;

/** Parameters that have no effect here, with the values for which that is right. Other values are errors. */
const ignored: Readonly<Record<string, RegExp>> = {
  client_encoding: /^(auto|utf-?8)$/i,
  keepalives: /^1$/,
  uselibpqcompat: /^true$/,
  gssencmode: /^(disable|prefer)$/,
  target_session_attrs: /^any$/,
};

/**
 * Variables of libpq's other parameters. They are errors, because they would have no effect
 * (https://www.postgresql.org/docs/18/libpq-envars.html).
 */
const otherVariables: Readonly<Record<string, RegExp | undefined>> = {
  PGCLIENTENCODING: ignored.client_encoding,
  PGGSSENCMODE: ignored.gssencmode,
  PGTARGETSESSIONATTRS: ignored.target_session_attrs,
  ...Object.fromEntries(
    [
      ...['PGPASSFILE', 'PGSERVICE', 'PGSERVICEFILE', 'PGSYSCONFDIR', 'PGHOSTADDR', 'PGLOADBALANCEHOSTS'],
      ...['PGREQUIREAUTH', 'PGREQUIREPEER', 'PGREQUIRESSL', 'PGSSLCOMPRESSION', 'PGSSLCERTMODE', 'PGSSLCRL'],
      ...['PGSSLCRLDIR', 'PGSSLSNI', 'PGSSLMINPROTOCOLVERSION', 'PGSSLMAXPROTOCOLVERSION'],
      ...['PGMINPROTOCOLVERSION', 'PGMAXPROTOCOLVERSION', 'PGKRBSRVNAME', 'PGGSSLIB', 'PGGSSDELEGATION'],
      ...['PGOAUTHDEBUG', 'PGDATESTYLE', 'PGTZ', 'PGGEQO', 'PGLOCALEDIR'],
    ].map((name) => [name, undefined]),
  ),
};

/** A value that is not empty, and its place, for messages. */
export interface Parameter {
  readonly value: string;
  readonly from: string;
  readonly isInURL?: true;
  /** Content of the file, when it is not on this machine. `value` is then a name for messages. */
  readonly text?: string;
}

/** The value of a parameter, for a message. None of a URL is repeated: by a mistake it may be the password. */
export function parameterForMessage(parameter: Parameter | undefined): string {
  return parameter?.isInURL ? notRepeated : valueForMessage(parameter?.value);
}

export type Parameters = { readonly [name in ParameterName]?: Parameter };

/**
 * Connection parameters by libpq's names. The URL takes precedence over the PG* variables; an empty value counts as
 * absent.
 *
 * The URL is not parsed by `pg-connection-string`, which differs from libpq: it leaves `%2F` in a database's name,
 * reads `+` as a space, drops what follows `#`, reads certificate files, and warns about sslmode
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS).
 *
 * @throws UsageError without the parts of the URL that may contain a password.
 */
export function readParameters(url: string | undefined, env: NodeJS.ProcessEnv): Parameters {
  const found: { [name in ParameterName]?: Parameter } = {};
  for (const [variable, harmless] of Object.entries(otherVariables)) {
    const value = env[variable];
    if (value && !harmless?.test(value))
      throw new UsageError(
        `${variable} is set, and ${harmless ? 'that value is ' : ''}not supported; supported are ` +
          Object.values(variables).join(', '),
      );
  }
  for (const [name, variable] of Object.entries(variables) as [ParameterName, string][]) {
    const value = env[variable];
    if (value) found[name] = { value, from: variable };
  }
  const given = url === undefined ? {} : parseUrl(url.trim());
  for (const [name, value] of Object.entries(given) as [ParameterName, string][]) {
    if (value !== '') found[name] = { value, from: `${name} of the Postgres URL`, isInURL: true };
  }
  return found;
}

const form = new RegExp(
  [
    /^postgres(?:ql)?:\/\/(?:(?<userinfo>[^/?]*)@)?(?<host>\[[^\]/?]*\]|(?!\[)[^:/?]*)/,
    /(?::(?<port>[^/?]*))?(?:\/(?<dbname>[^?]*))?(?:\?(?<query>.*))?$/,
  ]
    .map(({ source }) => source)
    .join(''),
  'is',
);

function parseUrl(url: string): Partial<Record<ParameterName, string>> {
  const scheme = /^([a-z][a-z0-9+.-]{0,20}):\/\//i.exec(url)?.[1];
  if (!/^postgres(ql)?$/i.test(scheme ?? ''))
    throw problem(
      `expected postgres:// or postgresql:// at its beginning${scheme ? `, not ${scheme}://` : ''}`,
    );
  const parts = form.exec(url)?.groups;
  if (parts === undefined)
    throw problem('expected postgres://user:password@host:port/database?parameter=value');
  const { userinfo, host = '', port = '', dbname = '', query = '' } = parts;
  // A part of a password with / or ? in it would be read as a host, a database or a parameter, and be printed.
  if (`${dbname}${query}`.includes('@'))
    throw problem('@ after the host must be written %40; in the user and password also / as %2F, ? as %3F');
  if (`${host}${port}`.includes(',')) throw problem('several hosts are not supported; name one');
  if (userinfo === undefined && port !== '' && !/^\d{1,5}$/.test(port))
    throw problem(
      'expected a port number (1 to 65535) after the host; a password is followed by @ and a host',
    );

  const colon = userinfo?.indexOf(':') ?? -1;
  return {
    user: decode('user', colon < 0 ? (userinfo ?? '') : (userinfo ?? '').slice(0, colon)),
    password: decode('password', colon < 0 ? '' : (userinfo ?? '').slice(colon + 1)),
    host: decode('host', host.replace(/^\[(.*)\]$/s, '$1')),
    port: decode('port', port),
    dbname: decode('database', dbname),
    ...parseQuery(query),
  };
}

function parseQuery(query: string): Partial<Record<ParameterName, string>> {
  const found: Partial<Record<ParameterName, string>> = {};
  for (const pair of query === '' ? [] : query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals < 0) throw problem('after the ?, each parameter has the form name=value');
    const name = decode('parameter', pair.slice(0, equals));
    const value = decode('parameter', pair.slice(equals + 1));
    // As in libpq, for compatibility with JDBC.
    if (name === 'ssl' && value === 'true') found.sslmode = 'require';
    else if (Object.hasOwn(variables, name)) found[name as ParameterName] = value;
    else if (!Object.hasOwn(ignored, name) || !ignored[name]?.test(value)) throw notSupported(name, query);
  }
  return found;
}

function notSupported(name: string, query: string): UsageError {
  // If a password has an & that is not encoded, the "name" is its second half.
  const shown = /^\w{1,40}$/.test(name) && !query.includes('password=') ? name : 'one of its parameters';
  const because = Object.hasOwn(ignored, name) ? 'that value is not supported' : 'not supported';
  return problem(`${shown}: ${because}; supported are ${Object.keys(variables).join(', ')}`);
}

function decode(part: string, text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // The error of decodeURIComponent is not passed on as a cause: it may contain the text.
  }
  throw problem(`its ${part} is not percent-encoded UTF-8 (a % is written %25)`);
}

function problem(message: string): UsageError {
  return new UsageError(`the Postgres URL: ${message}`);
}
