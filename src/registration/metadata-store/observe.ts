import pg from 'pg';
import { majorVersionOf } from '../../clients/postgres/connect.ts';
import type { Connection } from '../../clients/postgres/connection.ts';
import { begin, withClient } from '../../clients/postgres/postgres-client.ts';
import { sqlstateOf } from '../../clients/postgres/sqlstates.ts';
import {
  type DesiredMetadataStore,
  neededExtensions,
  type ObservedInside,
  type ObservedLogin,
  type ObservedMetadataStore,
  type ObservedServer,
} from './metadata-store.ts';
import { expectVersion, withSession } from './session.ts';

/** All SQL that reads the metadata store. */

/** What the admin observes from its own database: in one round trip, and one more if the database does not exist. */
export async function observeServer(
  client: pg.Client,
  { database, postgresRole }: Pick<DesiredMetadataStore, 'database' | 'postgresRole'>,
): Promise<ObservedServer> {
  const majorVersion = majorVersionOf(client);
  type Row = Pick<ObservedServer, 'admin' | 'role' | 'database'>;
  const { rows } = await client.query<Observed<Row>>(server(majorVersion), [postgresRole, database]);
  const seen = withoutNulls<Row>(rows[0]);
  const none = { libcUtf8: undefined, missingExtensions: undefined };
  return { majorVersion, ...seen, ...(seen.database ? none : await observeForNewDatabase(client)) };
}

/** Only for an org that is new: these catalogs are views and functions that Postgres takes longest for. */
async function observeForNewDatabase(
  client: pg.Client,
): Promise<Pick<ObservedServer, 'libcUtf8' | 'missingExtensions'>> {
  const { rows } = await client.query(`SELECT
    (SELECT min(collctype) FROM pg_catalog.pg_collation
      WHERE collprovider = 'c' AND lower(replace(collctype, '-', '')) = 'c.utf8') AS "libcUtf8",
    ${missingExtensions('true')} AS "missingExtensions"`);
  return withoutNulls(rows[0]);
}

/** SQL: the state of a database, from a row of `pg_database`. Postgres marks an invalid one with a limit of -2. */
export const databaseState =
  "CASE WHEN datconnlimit = -2 THEN 'invalid' WHEN datallowconn THEN 'open' ELSE 'closed' END";

/** The privilege that allows to give objects to a role: since 16 it is separate from having the role's rights. */
export const grantPrivilege = (majorVersion: number): string => (majorVersion >= 16 ? 'SET' : 'MEMBER');

const server = (majorVersion: number): string => `SELECT
  json_build_object('login', session_user, 'user', current_user, 'database', current_database(),
    'loginInherits', pg_has_role(session_user, current_user, 'USAGE'),
    'actsAsRole', coalesce(
      (SELECT pg_has_role(oid, 'USAGE') AND pg_has_role(oid, '${grantPrivilege(majorVersion)}')
        FROM pg_roles WHERE rolname = $1),
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user))) AS admin,
  (SELECT json_build_object('canLogin', rolcanlogin, 'expires', coalesce(rolvaliduntil < 'infinity', false),
      'attributes', array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END,
        CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
        CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL))
    FROM pg_roles WHERE rolname = $1) AS role,
  (SELECT json_build_object('owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding),
      'isTemplate', datistemplate, 'state', ${databaseState},
      'openToPublic', EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0),
      'adminMayConnect', datallowconn AND has_database_privilege(session_user, oid, 'CONNECT'))
    FROM pg_database WHERE datname = $2) AS database`;

const extensionNames = neededExtensions.map((name) => pg.escapeLiteral(name)).join(', ');

/**
 * SQL: the missing ones of the extensions that the migration needs, as JSON.
 *
 * @param condition SQL on the column `wanted`, the name of an extension.
 */
function missingExtensions(condition: string): string {
  return `(SELECT coalesce(json_agg(json_build_object('name', wanted, 'isAvailable', v.name IS NOT NULL,
      'isTrusted', coalesce(v.trusted OR NOT v.superuser, false)) ORDER BY wanted), '[]')
    FROM unnest(ARRAY[${extensionNames}]) AS wanted
    LEFT JOIN (pg_available_extensions AS e JOIN pg_available_extension_versions AS v
      ON v.name = e.name AND v.version = e.default_version) ON e.name = wanted
    WHERE ${condition})`;
}

/**
 * What the client's user observes inside the catalog's database: in one round trip, and one more if an extension is
 * missing.
 */
export async function observeInside(client: pg.Client, postgresRole: string): Promise<ObservedInside> {
  const { hasExtensions, ...seen } = await readOnly<
    Omit<ObservedInside, 'missingExtensions'> & { readonly hasExtensions: boolean }
  >(client, inside(pg.escapeLiteral(postgresRole)));
  if (hasExtensions) return { ...seen, missingExtensions: [] };
  const isMissing = 'NOT EXISTS (SELECT FROM pg_extension WHERE extname = wanted)';
  return {
    ...seen,
    ...(await readOnly<Pick<ObservedInside, 'missingExtensions'>>(
      client,
      `SELECT ${missingExtensions(isMissing)} AS "missingExtensions"`,
    )),
  };
}

/** The row of a statement in a transaction of its own, in one round trip. Sets the search_path of the session. */
async function readOnly<T extends object>(client: pg.Client, statement: string): Promise<T> {
  const text = `SET search_path = pg_catalog; ${begin['read only']}; ${statement}; COMMIT`;
  const results = (await client.query(text)) as unknown as pg.QueryResult<Observed<T>>[];
  return withoutNulls<T>(results.at(-2)?.rows[0]);
}

const inside = (role: string): string => `WITH relations AS (
  SELECT c.relkind, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
)
SELECT getdatabaseencoding() AS encoding,
  (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public') AS "schemaOwner",
  EXISTS (SELECT FROM relations WHERE pg_get_userbyid(relowner) <> ${role}) AS "holdsObjectsOfOthers",
  EXISTS (SELECT FROM relations WHERE relkind IN ('r', 'p')) AS "holdsTables",
  (SELECT count(*) FROM pg_extension WHERE extname IN (${extensionNames})) = ${neededExtensions.length}
    AS "hasExtensions",
  coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'public'), false)
    AS "mayCreateTables",
  has_database_privilege(current_database(), 'CREATE') AS "mayCreateInDatabase"`;

/**
 * Tries a login of the catalog's role, and observes the inside of the database with it. Throws only the reason of the
 * connection's signal.
 */
export async function observeLogin(
  connection: Connection,
): Promise<{ readonly login: ObservedLogin; readonly inside: ObservedInside | undefined }> {
  try {
    const seen = await withClient(connection, async (client) => {
      expectVersion(client, connection);
      return observeInside(client, connection.user);
    });
    return { login: { outcome: 'accepted' }, inside: seen };
  } catch (error) {
    connection.signal?.throwIfAborted();
    return { login: { outcome: 'refused', sqlstate: sqlstateOf(error), error }, inside: undefined };
  }
}

/**
 * What the catalog's role observes of the whole metadata store: in two round trips if nothing is missing.
 *
 * @throws as `connect`.
 */
export function observeAsRole(
  connection: Connection,
  desired: Pick<DesiredMetadataStore, 'database' | 'postgresRole'>,
): Promise<ObservedMetadataStore & { readonly inside: ObservedInside }> {
  return withClient(connection, async (client) => {
    expectVersion(client, connection);
    // First, because it sets the search_path.
    const inside = await observeInside(client, desired.postgresRole);
    return { server: await observeServer(client, desired), login: { outcome: 'accepted' }, inside };
  });
}

/** What the admin observes inside the catalog's database. @throws as `withSession`. */
export function observeInsideAsAdmin(
  admin: Connection,
  { database, postgresRole }: Pick<DesiredMetadataStore, 'database' | 'postgresRole'>,
): Promise<ObservedInside> {
  return withSession(admin.to(database), 'NULL', (client) => observeInside(client, postgresRole));
}

type Observed<T> = { readonly [K in keyof T]: T[K] | null };

/** The row with undefined for NULL. */
function withoutNulls<T extends object>(row: Observed<T> | undefined): T {
  if (row === undefined) throw new Error('Postgres answered without a row');
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value ?? undefined])) as T;
}
