import type { MetadataStore } from './metadata-store-inputs.ts';

/** The orgs by the databases and roles that they use. Without the host, because one server may have two names. */
export interface StoresInUse {
  readonly databases: ReadonlyMap<string, string>;
  readonly roles: ReadonlyMap<string, string>;
}

/** An org with its store: a catalog, or the committed inputs of one. */
interface StoreUser {
  readonly org: string;
  readonly metadataStore: {
    readonly database: string;
    /** Of a store with an admin. */
    readonly postgresRole?: string | undefined;
    /** Of a pre-provisioned one. */
    readonly user?: string | undefined;
  };
}

export function storesInUse(users: readonly StoreUser[]): StoresInUse {
  return {
    databases: new Map(users.map(({ org, metadataStore }) => [metadataStore.database, org])),
    roles: new Map(
      users.map(({ org, metadataStore: { postgresRole, user = '' } }) => [postgresRole ?? user, org]),
    ),
  };
}

/** The first of the orgs that use the database or the role of a store, and which of both, for messages. */
export function userOf(
  { database, postgresRole, user = '' }: StoreUser['metadataStore'],
  { databases, roles }: StoresInUse,
): { readonly org: string; readonly object: string } | undefined {
  const ofDatabase = databases.get(database);
  if (ofDatabase !== undefined) return { org: ofDatabase, object: `database ${database}` };
  const role = postgresRole ?? user;
  const ofRole = roles.get(role);
  return ofRole === undefined ? undefined : { org: ofRole, object: `Postgres role ${role}` };
}

/**
 * Whether another org uses the database or role of a store that is to be retired. Retirement would end the sessions of
 * that org and disable its login.
 *
 * @returns the reason not to retire, for messages; undefined when no org uses the store, and for a store that
 *   retirement does not change.
 */
export function usedByOthers(store: MetadataStore, inUse: StoresInUse): string | undefined {
  if (store.provisioning === 'preProvisioned') return undefined;
  const user = userOf(store, inUse);
  return user && `the ${user.object} is that of org ${JSON.stringify(user.org)} now`;
}
