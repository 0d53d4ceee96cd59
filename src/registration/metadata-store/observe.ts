import type pg from 'pg';
import type { Connection } from '../../clients/postgres/connection.ts';
import { withClient } from '../../clients/postgres/postgres-client.ts';
import type { DesiredMetadataStore, ObservedDatabase, ObservedMetadataStore, ObservedRole } from './plan.ts';
import { verifies } from './scram.ts';
import { accepts } from './verify-login.ts';

/** What is there of the desired metadata store. Writes nothing. `client` is connected to `admin`. */
export async function observeMetadataStore(
  client: pg.Client,
  admin: Connection,
  desired: DesiredMetadataStore,
): Promise<ObservedMetadataStore> {
  const server = await observeServer(client);
  const role = await observeRole(client, admin, desired);
  return {
    server,
    admin: await observeAdmin(client, server.version, role && desired.postgresRole),
    role,
    database: await observeDatabase(client, admin, desired),
  };
}

async function observeServer(client: pg.Client): Promise<ObservedMetadataStore['server']> {
  const { version, libc } = await one<{ version: number; libc: string | null }>(
    client,
    `SELECT current_setting('server_version_num')::int AS version,
      (SELECT min(collctype) FROM pg_catalog.pg_collation
        WHERE collprovider = 'c' AND lower(replace(collctype, '-', '')) = 'c.utf8') AS libc`,
  );
  return { version, libcUtf8: libc ?? undefined };
}

async function observeAdmin(
  client: pg.Client,
  version: number,
  role: string | undefined,
): Promise<ObservedMetadataStore['admin']> {
  const { user, database } = await one<{ user: string; database: string }>(
    client,
    'SELECT current_user::text AS user, current_database()::text AS database',
  );
  if (role === undefined) {
    const { superuser } = await one<{ superuser: boolean }>(
      client,
      'SELECT rolsuper AS superuser FROM pg_catalog.pg_roles WHERE rolname = current_user',
    );
    return { user, database, actsAsRole: superuser };
  }
  // To have the rights of a role and to give it objects is one thing before 16, and two since then.
  const give = version >= 160_000 ? 'SET' : 'MEMBER';
  const { acts } = await one<{ acts: boolean }>(
    client,
    `SELECT pg_catalog.pg_has_role($1, 'USAGE') AND pg_catalog.pg_has_role($1, '${give}') AS acts`,
    [role],
  );
  return { user, database, actsAsRole: acts };
}

async function observeRole(
  client: pg.Client,
  admin: Connection,
  desired: DesiredMetadataStore,
): Promise<ObservedRole | undefined> {
  const { rows } = await client.query<Omit<ObservedRole, 'password'> & { verifierReadable: boolean }>(
    `SELECT rolcanlogin AS "canLogin", coalesce(rolvaliduntil < 'infinity', false) AS expires,
      array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
        CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
        CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL) AS powers,
      has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT') AS "verifierReadable"
      FROM pg_catalog.pg_roles WHERE rolname = $1`,
    [desired.postgresRole],
  );
  if (rows[0] === undefined) return undefined;
  const { verifierReadable, ...role } = rows[0];
  if (verifierReadable) return { ...role, password: await comparePassword(client, desired) };
  if (!role.canLogin || role.powers.length > 0) return { ...role, password: 'unknown' };
  const { database, postgresRole: user, password } = desired;
  const agrees = await accepts(admin.to(database, { user, password }));
  return { ...role, password: agrees ? 'agrees' : 'differs' };
}

async function comparePassword(
  client: pg.Client,
  { postgresRole, password }: DesiredMetadataStore,
): Promise<'agrees' | 'differs'> {
  const { verifier } = await one<{ verifier: string | null }>(
    client,
    'SELECT (SELECT rolpassword FROM pg_catalog.pg_authid WHERE rolname = $1) AS verifier',
    [postgresRole],
  );
  return verifier !== null && verifies(verifier, password) ? 'agrees' : 'differs';
}

async function observeDatabase(
  client: pg.Client,
  admin: Connection,
  desired: DesiredMetadataStore,
): Promise<ObservedDatabase | undefined> {
  const { rows } = await client.query<Omit<ObservedDatabase, 'inside'> & { visible: boolean }>(
    `SELECT pg_get_userbyid(datdba)::text AS owner, pg_encoding_to_char(encoding)::text AS encoding,
      datistemplate AS "isTemplate",
      EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0) AS "openToPublic",
      datallowconn AND has_database_privilege(oid, 'CONNECT')
        AND pg_get_userbyid(datdba) IN ($2, current_user) AS visible
      FROM pg_catalog.pg_database WHERE datname = $1`,
    [desired.database, desired.postgresRole],
  );
  if (rows[0] === undefined) return undefined;
  const { visible, ...database } = rows[0];
  return { ...database, inside: visible ? await observeInside(admin, desired) : undefined };
}

function observeInside(
  admin: Connection,
  { database, postgresRole }: DesiredMetadataStore,
): Promise<ObservedDatabase['inside']> {
  return withClient(admin.to(database), async (inside) => {
    await trustOnlyTheServer(inside);
    const { owner, others } = await one<{ owner: string | null; others: boolean }>(
      inside,
      `SELECT (SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'public') AS owner,
        EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND pg_get_userbyid(c.relowner) <> $1) AS others`,
      [postgresRole],
    );
    return { schemaOwner: owner ?? undefined, holdsObjectsOfOthers: others };
  });
}

/**
 * Whether a catalog has lived in this database: whether any table is there, in whatever schema, but those of the server and of
 * extensions. Lakekeeper's own begin with `_sqlx_migrations`, but are not asked for by name: a wrong yes asks a person, and a
 * wrong no would mint a new encryption key, and make the catalog's stored credentials unreadable for ever.
 *
 * @param connection of the admin, or of the role, to a database that is there.
 * @param database the catalog's. When there is no such database, the answer is no.
 */
export async function holdsCatalog(connection: Connection, database: string): Promise<boolean> {
  // Asked first, because a pooler's error does not tell a missing database from other trouble, and stays for a while.
  const { exists } = await withClient(connection, (client) =>
    one<{ exists: boolean }>(
      client,
      'SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1) AS exists',
      [database],
    ),
  );
  return exists && withClient(connection.to(database), holdsTables);
}

async function holdsTables(client: pg.Client): Promise<boolean> {
  await trustOnlyTheServer(client);
  const { holds } = await one<{ holds: boolean }>(
    client,
    `SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
    ) AS holds`,
  );
  return holds;
}

/** The database is the role's, who could put functions before those of the server, for an admin to run (CVE-2018-1058). */
async function trustOnlyTheServer(client: pg.Client): Promise<void> {
  await client.query(`SELECT pg_catalog.set_config('search_path', 'pg_catalog', false)`);
}

async function one<R extends pg.QueryResultRow>(
  client: pg.Client,
  sql: string,
  values: readonly unknown[] = [],
): Promise<R> {
  const { rows } = await client.query<R>(sql, [...values]);
  if (rows[0] === undefined) throw new Error('Postgres answered without a row');
  return rows[0];
}
