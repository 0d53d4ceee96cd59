import pg from 'pg';
import { type Connection, describe } from '../../clients/postgres/connection.ts';
import { withClient } from '../../clients/postgres/postgres-client.ts';
import { PermanentError, UsageError } from '../../text/errors.ts';
import { expectVersion } from './plan.ts';

/**
 * Whether the server accepts the login's password; that the database is missing, or closed to the login, comes after it.
 *
 * @throws what `connect` throws, when nothing was learnt about the password.
 */
export async function accepts(connection: Connection): Promise<boolean> {
  try {
    await withClient(connection, async () => undefined);
    return true;
  } catch (error) {
    const codes = codesOf(error);
    // Of two attempts, with and without TLS, pg_hba.conf may refuse one before it looks at the password.
    if (codes.includes('3D000') || codes.includes('42501')) return true;
    if (codes.includes('28P01')) return false;
    throw error;
  }
}

function codesOf(error: unknown): string[] {
  if (error instanceof pg.DatabaseError) return error.code === undefined ? [] : [error.code];
  if (error instanceof AggregateError) return error.errors.flatMap(codesOf);
  return error instanceof Error && error.cause !== undefined ? codesOf(error.cause) : [];
}

/**
 * Proves credentials that somebody else provides: they log in, the database is UTF-8 on a server that is new enough, and the
 * migration may create tables and what it needs of extensions. Changes nothing.
 *
 * @throws PermanentError that says what is missing; another error when the server cannot be reached.
 */
export async function proveLogin(connection: Connection): Promise<void> {
  const where = describe(connection);
  try {
    await withClient(connection, async (client) => {
      const { rows } = await client.query<Proof>(proof, [neededExtensions]);
      for (const found of rows) expectUsable(found, where);
    });
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new PermanentError("the metadata store does not accept the catalog's credentials", { cause });
  }
}

/** What Lakekeeper's migrations create. All are trusted: CREATE on the database is enough for them. */
export const neededExtensions = ['uuid-ossp', 'pgcrypto', 'pg_trgm', 'btree_gin', 'btree_gist'];

interface Proof {
  readonly version: number;
  readonly encoding: string;
  readonly createsTables: boolean;
  readonly createsExtensions: boolean;
  readonly missing: string[];
}

const proof = `SELECT pg_catalog.current_setting('server_version_num')::int AS version,
  pg_catalog.getdatabaseencoding()::text AS encoding,
  coalesce((SELECT pg_catalog.has_schema_privilege(oid, 'CREATE') FROM pg_catalog.pg_namespace
    WHERE nspname = 'public'), false) AS "createsTables",
  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS "createsExtensions",
  ARRAY(SELECT wanted FROM pg_catalog.unnest($1::text[]) AS wanted
    WHERE wanted NOT IN (SELECT extname FROM pg_catalog.pg_extension)) AS missing`;

function expectUsable(
  { version, encoding, createsTables, createsExtensions, missing }: Proof,
  where: string,
): void {
  expectVersion(version);
  if (encoding !== 'UTF8')
    throw new PermanentError(`${where}: expected a database with the encoding UTF8, and found ${encoding}`);
  if (!createsTables)
    throw new PermanentError(
      `${where}: may not create tables in the schema public; make it the schema's owner, or grant it CREATE there`,
    );
  if (missing.length > 0 && !createsExtensions)
    throw new PermanentError(
      `${where}: may not create the extensions that are missing (${missing.join(', ')}); create them, or grant it CREATE on the database`,
    );
}
