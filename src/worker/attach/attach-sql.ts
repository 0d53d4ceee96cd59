import { isLoopbackHost } from '../../text/loopback.ts';
import { printable } from '../../text/printable.ts';
import type { Attachment } from './attachment.ts';

/** Name of the secret that the statements make. DuckDB writes such names in lower case. */
const secretName = 'lakekeeper';
/** DuckDB variable that holds the client's secret, where there is one. */
const secretVariable = 'lakekeeper_client_secret';

/**
 * The SQL that a DuckDB session runs to have an org's catalog (DuckDB 1.4 and newer;
 * docs/facts/duckgres-warehouse-row.md §9).
 *
 * @param alias what the catalog is called in the session.
 */
export function attachSQL({ org, ...catalog }: Attachment, alias: string): string {
  const { login } = catalog;
  const options = [
    'TYPE iceberg',
    `ENDPOINT ${literal(catalog.catalogEndpoint)}`,
    login === undefined ? "AUTHORIZATION_TYPE 'none'" : `SECRET ${literal(secretName)}`,
    // Left out, it means vended credentials: the server then answers with a storage configuration without keys, which
    // hides the session's own (incident 26).
    "ACCESS_DELEGATION_MODE 'none'",
  ];
  return [
    `-- What a DuckDB session of org ${printable(JSON.stringify(org))} runs.`,
    // In this order: without httpfs, loading iceberg asks the machine's metadata service, and can hang (incident 36).
    'LOAD httpfs;',
    'LOAD iceberg;',
    ...(login === undefined ? [] : createSecret(login)),
    '-- The catalog vends no credentials: the session needs a secret for the object store (TYPE s3) of its own.',
    statement(
      `ATTACH IF NOT EXISTS ${literal(catalog.lakekeeperWarehouse)} AS ${identifier(alias)}`,
      options,
    ),
    '',
  ].join('\n');
}

function createSecret({ clientId, serverURI }: NonNullable<Attachment['login']>): string[] {
  const isBroker = URL.canParse(serverURI) && isLoopbackHost(new URL(serverURI).host);
  // A secret of this type takes OAuth2 options alone, no region (incident 16).
  const create = statement(`CREATE OR REPLACE SECRET ${secretName}`, [
    'TYPE iceberg',
    `CLIENT_ID ${literal(clientId)}`,
    `CLIENT_SECRET ${isBroker ? literal('unused') : `getvariable(${literal(secretVariable)})`}`,
    `OAUTH2_SERVER_URI ${literal(serverURI)}`,
  ]);
  return isBroker
    ? ['-- The token broker in the pod wants no secret, but DuckDB wants one to send.', create]
    : [`-- First: SET VARIABLE ${secretVariable} = '...';`, create];
}

function statement(head: string, options: readonly string[]): string {
  return `${head} (\n${options.map((option) => `  ${option}`).join(',\n')}\n);`;
}

/** A text as SQL has it: backslashes are themselves. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
