import pg from 'pg';
import { type Connection, describe } from '../../clients/postgres/connection.ts';
import { outcomeOfSqlstate, sqlstateOf } from '../../clients/postgres/sqlstates.ts';
import { PermanentError } from '../../text/errors.ts';
import type {
  DesiredMetadataStore,
  InsideAction,
  MetadataStoreAction,
  ServerAction,
} from './metadata-store.ts';
import { scramVerifier } from './scram.ts';
import { withSession } from './session.ts';

/** All SQL that writes the metadata store. */

/**
 * Applies actions in order. Stops when another session has already done one, because the plan is then out of date.
 * The password is sent as a SCRAM verifier, so that a reader of the server's log cannot log in with it. It is sent in
 * clear only with `passwords: plain`, and only over TLS that verifies the server.
 *
 * @param client a session of the admin.
 * @param admin the connection of `client`, for messages.
 * @param onAction called after each action.
 * @returns whether all actions were applied.
 * @throws PermanentError if a person has to decide or the admin lacks a right; any other error is transient.
 */
export async function applyActions<A extends MetadataStoreAction>(
  client: Pick<pg.Client, 'query'>,
  admin: Connection,
  desired: Pick<DesiredMetadataStore, 'password' | 'passwords'>,
  actions: readonly A[],
  onAction: (action: A) => void = () => {},
): Promise<boolean> {
  for (const action of actions) {
    // Each statement alone: CREATE DATABASE cannot run inside a transaction.
    const sql = statement(action, () => pg.escapeLiteral(sentPassword(desired, admin)));
    try {
      await client.query(sql);
    } catch (cause) {
      if (isLostRace(cause)) return false;
      throw failure(action, admin, cause);
    }
    onAction(action);
  }
  return true;
}

function sentPassword(
  { password, passwords }: Pick<DesiredMetadataStore, 'password' | 'passwords'>,
  admin: Connection,
): string {
  if (passwords !== 'plain') return scramVerifier(password);
  if (admin.sslmode === 'verify-full') return password;
  throw new PermanentError(
    `passwords: plain needs sslMode verify-full, and the connection to ${describe(admin)} has ${admin.sslmode}`,
  );
}

/** Applies the actions inside the catalog's database. It takes no lock: each action may be repeated. */
export async function applyInside(
  admin: Connection,
  desired: DesiredMetadataStore,
  actions: readonly InsideAction[],
  onAction: (action: InsideAction) => void = () => {},
): Promise<void> {
  if (actions.length === 0) return;
  const inside = admin.to(desired.database);
  await withSession(inside, 'NULL', (client) => applyActions(client, inside, desired, actions, onAction));
}

/** duplicate_database, duplicate_object, duplicate_schema, unique_violation. */
const lostRaces: readonly unknown[] = ['42P04', '42710', '42P06', '23505'];

function isLostRace(cause: unknown): boolean {
  if (!(cause instanceof pg.DatabaseError)) return false;
  // Two sessions changed the same row of a system catalog. Postgres has no SQLSTATE for it.
  return lostRaces.includes(cause.code) || cause.message === 'tuple concurrently updated';
}

function failure(action: MetadataStoreAction, admin: Connection, cause: unknown): Error {
  const about = 'database' in action ? action.database : action.postgresRole;
  const message = `while doing ${action.kind} for ${JSON.stringify(about)} at ${describe(admin)}`;
  const whatToDo = whatToDoAbout(action, cause);
  if (whatToDo !== undefined) return new PermanentError(`${message}: ${whatToDo}`, { cause });
  return new Error(message, { cause });
}

/** What a person has to do; undefined if a retry may help. */
function whatToDoAbout(action: MetadataStoreAction, cause: unknown): string | undefined {
  if (refusesVerifier(action, cause))
    return (
      'the server takes no SCRAM verifier (the extension credcheck, Neon, and others); set passwords: plain ' +
      'with sslMode: verify-full for this kind of metadata store, or create database, role and password by what ' +
      'the provider has for it, and set provisioning: preProvisioned'
    );
  const sqlstate = sqlstateOf(cause);
  if (sqlstate === undefined) return undefined;
  const { outcome, whatToDo } = outcomeOfSqlstate(sqlstate);
  if (action.kind === 'createExtension' && outcome !== 'try again')
    return (
      'the admin may not create this extension, which is not trusted here; as a superuser ' +
      '(azure_pg_admin, rds_superuser …), ' +
      `in the database ${JSON.stringify(action.database)}, run: ${statement(action, () => '')}`
    );
  if (action.kind === 'dropRole' && sqlstate === dependentObjects)
    return (
      'the role owns objects of other databases, or has rights on them; as an admin, in each of them, run: ' +
      `REASSIGN OWNED BY ${id(action.postgresRole)} TO CURRENT_USER; DROP OWNED BY ${id(action.postgresRole)};`
    );
  if (action.kind === 'dropDatabase' && sqlstate === wrongObjectType)
    return (
      'it is marked as a template for new databases; make sure that nobody needs it as one, and as an admin run: ' +
      `ALTER DATABASE ${id(action.database)} IS_TEMPLATE false`
    );
  if (sqlstate === insufficientPrivilege)
    return (
      'the admin lacks a right. It needs LOGIN, CREATEDB and CREATEROLE, and for a role that another ' +
      'one created also that role ' +
      'WITH ADMIN OPTION'
    );
  return outcome === 'try again' ? undefined : whatToDo;
}

const insufficientPrivilege = '42501';
const dependentObjects = '2BP01';
/** The only one of DROP DATABASE is that of a template. */
const wrongObjectType = '42809';

/** Each provider has its own message and SQLSTATE. All messages contain "plain text" or "plaintext". */
function refusesVerifier({ kind }: MetadataStoreAction, cause: unknown): boolean {
  const setsPassword = kind === 'createRole' || kind === 'setPassword';
  return setsPassword && cause instanceof pg.DatabaseError && /\bplain ?text\b/i.test(cause.message);
}

const id = pg.escapeIdentifier;

function statement(action: ServerAction | InsideAction, verifier: () => string): string {
  switch (action.kind) {
    case 'createRole':
      // CREATE ROLE gives no other attribute by default.
      return `CREATE ROLE ${id(action.postgresRole)} LOGIN PASSWORD ${verifier()}`;
    case 'enableLogin':
      return `ALTER ROLE ${id(action.postgresRole)} LOGIN VALID UNTIL 'infinity'`;
    case 'disableLogin':
      return `ALTER ROLE ${id(action.postgresRole)} NOLOGIN`;
    case 'endConnections':
      // It waits until each has ended, at most 5 s.
      return (
        'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity ' +
        `WHERE usename = ${pg.escapeLiteral(action.postgresRole)} AND pid <> pg_backend_pid()`
      );
    case 'dropDatabase':
      return `DROP DATABASE IF EXISTS ${id(action.database)} WITH (FORCE)`;
    case 'dropRole':
      return `DROP ROLE IF EXISTS ${id(action.postgresRole)}`;
    case 'setPassword':
      return `ALTER ROLE ${id(action.postgresRole)} PASSWORD ${verifier()}`;
    case 'grantRoleToAdmin':
      return `GRANT ${id(action.postgresRole)} TO CURRENT_USER${action.options}`;
    case 'createDatabase': {
      const { provider, characterType } = action.locale;
      const builtin = provider === 'builtin' ? ` BUILTIN_LOCALE 'C.UTF-8'` : '';
      return (
        `CREATE DATABASE ${id(action.database)} OWNER ${id(action.postgresRole)} TEMPLATE template0 ENCODING 'UTF8'` +
        ` LOCALE_PROVIDER ${provider}${builtin} LC_COLLATE 'C' LC_CTYPE ${pg.escapeLiteral(characterType)}`
      );
    }
    case 'setDatabaseOwner':
      return `ALTER DATABASE ${id(action.database)} OWNER TO ${id(action.postgresRole)}`;
    case 'revokePublicConnect':
      return `REVOKE ALL ON DATABASE ${id(action.database)} FROM PUBLIC`;
    case 'createSchema':
      return `CREATE SCHEMA public AUTHORIZATION ${id(action.postgresRole)}`;
    case 'setSchemaOwner':
      return `ALTER SCHEMA public OWNER TO ${id(action.postgresRole)}`;
    case 'createExtension':
      return `CREATE EXTENSION IF NOT EXISTS ${id(action.extension)} SCHEMA public`;
  }
}
