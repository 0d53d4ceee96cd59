import type { RegistrationInputs } from './registration-inputs.ts';

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

/**
 * Whether another org uses the database or role of a store that is to be retired. Retirement would end the sessions of
 * that org and disable its login.
 *
 * @returns the reason not to retire, for messages; undefined when no org uses the store, and for a store that
 *   retirement does not change.
 */
export function usedByOthers(
  store: RegistrationInputs['metadataStore'],
  { databases, roles }: StoresInUse,
): string | undefined {
  if (store.provisioning === 'preProvisioned') return undefined;
  const { database, postgresRole } = store;
  const ofDatabase = databases.get(database);
  if (ofDatabase !== undefined)
    return `the database ${database} is that of org ${JSON.stringify(ofDatabase)} now`;
  const ofRole = roles.get(postgresRole);
  return ofRole && `the Postgres role ${postgresRole} is that of org ${JSON.stringify(ofRole)} now`;
}
