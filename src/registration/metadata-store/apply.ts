import pg from 'pg';
import { type Connection, describe } from '../../clients/postgres/connection.ts';
import { withClient } from '../../clients/postgres/postgres-client.ts';
import { PermanentError } from '../../text/errors.ts';
import { observeMetadataStore } from './observe.ts';
import type { OrgLock } from './org-lock.ts';
import { type DesiredMetadataStore, type MetadataStoreAction, planMetadataStore } from './plan.ts';
import { scramVerifier } from './scram.ts';

/** More than any order of lost races needs. */
const mostRounds = 8;

/**
 * Makes database and role what they should be: observes, plans and applies until nothing is left to do.
 *
 * @param admin a superuser, or a role with LOGIN, CREATEDB and CREATEROLE.
 * @param lock of the org: held before each action, or nothing is done any more.
 * @param did told of each action once it is done.
 * @returns what was done, in this order; nothing when all was as it should be.
 * @throws PermanentError when a person has to decide, or the admin lacks a right; any other error may be gone next time.
 */
export function ensureMetadataStore(
  admin: Connection,
  desired: DesiredMetadataStore,
  lock: Pick<OrgLock, 'assertHeld'>,
  did: (action: MetadataStoreAction) => void = () => {},
): Promise<MetadataStoreAction[]> {
  return withClient(admin, async (client) => {
    const done: MetadataStoreAction[] = [];
    const plan = async () => planMetadataStore(desired, await observeMetadataStore(client, admin, desired));
    for (let round = 0; round < mostRounds; round++) {
      const actions = await plan();
      if (actions.length === 0) return done;
      for (const action of actions) {
        await lock.assertHeld();
        // What follows was planned for what is no longer so.
        const isDone = await applyMetadataStoreAction(client, admin, desired, action).catch(
          async (error: unknown) => {
            // Another session may have done it, and all that follows: with the ownership, the right to do it is gone.
            if (error instanceof PermanentError && !includes(await plan(), action)) return false;
            throw error;
          },
        );
        if (!isDone) break;
        done.push(action);
        did(action);
      }
    }
    const kinds = [...new Set(done.slice(-3).map(({ kind }) => kind))].join(', ');
    throw new Error(
      `${describe(admin)}: the metadata store is still not as it should be after ${mostRounds} attempts (last: ${kinds}); ` +
        'something else may be changing it',
    );
  });
}

function includes(actions: readonly MetadataStoreAction[], action: MetadataStoreAction): boolean {
  return actions.some((other) => JSON.stringify(other) === JSON.stringify(action));
}

/** What `ensureMetadataStore` would do. Writes nothing; throws as it does. */
export function planMetadataStoreAt(
  admin: Connection,
  desired: DesiredMetadataStore,
): Promise<MetadataStoreAction[]> {
  return withClient(admin, async (client) =>
    planMetadataStore(desired, await observeMetadataStore(client, admin, desired)),
  );
}

/** Duplicate database, object, schema, key: somebody else was faster, and the next observation says what is there. */
const lostRaces = ['42P04', '42710', '42P06', '23505'];
const insufficientPrivilege = '42501';

/**
 * Does one action. The password goes to the server as a SCRAM verifier only: what the server logs cannot be used to log in.
 *
 * @returns whether it was done; not when another session was faster.
 */
export async function applyMetadataStoreAction(
  client: pg.Client,
  admin: Connection,
  { password }: Pick<DesiredMetadataStore, 'password'>,
  action: MetadataStoreAction,
): Promise<boolean> {
  const sql = statement(action, () => pg.escapeLiteral(scramVerifier(password)));
  try {
    if (action.kind === 'createSchema' || action.kind === 'giveSchema')
      await withClient(admin.to(action.database), (inside) => inside.query(sql));
    // Each statement alone: CREATE DATABASE cannot run inside a transaction.
    else await client.query(sql);
    return true;
  } catch (cause) {
    if (cause instanceof pg.DatabaseError && isLostRace(cause)) return false;
    throw failure(action, admin, cause);
  }
}

function isLostRace({ code, message }: pg.DatabaseError): boolean {
  // Two sessions changed the same row of a system catalog; Postgres has no code of its own for it.
  return lostRaces.includes(code ?? '') || message === 'tuple concurrently updated';
}

function failure(action: MetadataStoreAction, admin: Connection, cause: unknown): Error {
  const about = 'database' in action ? action.database : action.postgresRole;
  const message = `while doing ${action.kind} for ${JSON.stringify(about)} at ${describe(admin)}`;
  if (!(cause instanceof pg.DatabaseError) || cause.code !== insufficientPrivilege)
    return new Error(message, { cause });
  return new PermanentError(
    `${message}: the admin lacks a right. It needs LOGIN, CREATEDB and CREATEROLE, and for a role that another one ` +
      'created also that role WITH ADMIN OPTION',
    { cause },
  );
}

const id = pg.escapeIdentifier;

function statement(action: MetadataStoreAction, verifier: () => string): string {
  switch (action.kind) {
    case 'createRole':
      // Without any other power, which is what CREATE ROLE gives when nothing is said.
      return `CREATE ROLE ${id(action.postgresRole)} LOGIN PASSWORD ${verifier()}`;
    case 'letRoleLogIn':
      return `ALTER ROLE ${id(action.postgresRole)} LOGIN VALID UNTIL 'infinity'`;
    case 'setPassword':
      return `ALTER ROLE ${id(action.postgresRole)} PASSWORD ${verifier()}`;
    case 'letAdminActAsRole':
      return `GRANT ${id(action.postgresRole)} TO CURRENT_USER${action.options}`;
    case 'createDatabase': {
      const { provider, characterType } = action.locale;
      const builtin = provider === 'builtin' ? ` BUILTIN_LOCALE 'C.UTF-8'` : '';
      return (
        `CREATE DATABASE ${id(action.database)} OWNER ${id(action.postgresRole)} TEMPLATE template0 ENCODING 'UTF8'` +
        ` LOCALE_PROVIDER ${provider}${builtin} LC_COLLATE 'C' LC_CTYPE ${pg.escapeLiteral(characterType)}`
      );
    }
    case 'giveDatabase':
      return `ALTER DATABASE ${id(action.database)} OWNER TO ${id(action.postgresRole)}`;
    case 'closeToPublic':
      return `REVOKE ALL ON DATABASE ${id(action.database)} FROM PUBLIC`;
    case 'createSchema':
      return `CREATE SCHEMA public AUTHORIZATION ${id(action.postgresRole)}`;
    case 'giveSchema':
      return `ALTER SCHEMA public OWNER TO ${id(action.postgresRole)}`;
  }
}
