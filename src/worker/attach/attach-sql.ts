import { isLoopbackHost } from '../../text/loopback.ts';
import { printable } from '../../text/printable.ts';
import type { Attachment } from './attachment.ts';

/** Name of the secret that the statements create. DuckDB folds such names to lower case. */
const secretName = 'lakekeeper';
/** DuckDB variable that holds the client secret, where there is one. */
const secretVariable = 'lakekeeper_client_secret';

/**
 * The SQL that attaches an org's catalog in a DuckDB session (DuckDB 1.4 and newer;
 * docs/facts/duckgres-warehouse-row.md §9).
 *
 * @param alias name of the catalog in the session.
 */
export function attachSQL({ org, ...catalog }: Attachment, alias: string): string {
  const { login } = catalog;
  const options = [
    'TYPE iceberg',
    `ENDPOINT ${literal(catalog.catalogEndpoint)}`,
    login === undefined ? "AUTHORIZATION_TYPE 'none'" : `SECRET ${literal(secretName)}`,
    // The default is vended credentials: the server then answers with a storage configuration without keys, which
    // overrides the session's own (incident 26).
    "ACCESS_DELEGATION_MODE 'none'",
  ];
  return [
    `-- For a DuckDB session of org ${printable(JSON.stringify(org))}.`,
    // httpfs first: without it, loading iceberg calls the machine's metadata service and can hang (incident 36).
    'LOAD httpfs;',
    'LOAD iceberg;',
    ...(login === undefined ? [] : createSecret(login)),
    '-- The catalog vends no credentials: the session needs a secret for the object store (TYPE s3) of its own.',
    ...(login === undefined ? [] : detach(alias)),
    statement(
      `ATTACH IF NOT EXISTS ${literal(catalog.lakekeeperWarehouse)} AS ${identifier(alias)}`,
      options,
    ),
    '',
  ].join('\n');
}

/**
 * DuckDB 1.4 gives the token of its first ATTACH to every request, and ATTACH OR REPLACE changes nothing for a
 * catalog of the same name. What is the session's default cannot be detached.
 */
function detach(alias: string): string[] {
  return [
    '-- DuckDB 1.5 renews its token by itself. DuckDB 1.4 does not: there, run all of this again before the token ends',
    `-- (for a session that works in the catalog, then also: USE ${identifier(alias)};).`,
    'RESET search_path;',
    `DETACH DATABASE IF EXISTS ${identifier(alias)};`,
  ];
}

function createSecret({ clientId, serverURI, scope = '' }: NonNullable<Attachment['login']>): string[] {
  const isBroker = isOfBroker(serverURI);
  // A secret of this type accepts OAuth2 options only, no region (incident 16).
  const create = statement(`CREATE OR REPLACE SECRET ${secretName}`, [
    'TYPE iceberg',
    `CLIENT_ID ${literal(clientId)}`,
    `CLIENT_SECRET ${isBroker ? literal('unused') : `getvariable(${literal(secretVariable)})`}`,
    // DuckDB's own default is a scope of another catalog. An empty one counts as none (RFC 6749 §3.2).
    `OAUTH2_SCOPE ${literal(scope)}`,
    `OAUTH2_SERVER_URI ${literal(serverURI)}`,
  ]);
  return isBroker
    ? ['-- The token broker ignores the client secret, but DuckDB requires one.', create]
    : [`-- First: SET VARIABLE ${secretVariable} = '...';`, create];
}

/** The token broker listens on loopback, without TLS. */
function isOfBroker(serverURI: string): boolean {
  if (!URL.canParse(serverURI)) return false;
  const { protocol, host } = new URL(serverURI);
  return protocol === 'http:' && isLoopbackHost(host);
}

function statement(head: string, options: readonly string[]): string {
  return `${head} (\n${options.map((option) => `  ${option}`).join(',\n')}\n);`;
}

/** A text as a SQL string literal. A backslash needs no escape. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
