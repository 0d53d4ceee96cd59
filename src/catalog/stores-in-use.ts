import type { Catalog, MetadataStore } from './catalog.ts';
import type { RegistrationInputs } from './registration-inputs.ts';

/** The orgs that use databases and roles, by their names: two names of one host would make two servers of one. */
export interface StoresInUse {
  readonly databases: ReadonlyMap<string, string>;
  readonly roles: ReadonlyMap<string, string>;
}

export function storesInUse(catalogs: readonly Catalog[]): StoresInUse {
  return {
    databases: new Map(catalogs.map(({ org, metadataStore }) => [metadataStore.database, org])),
    roles: new Map(catalogs.map(({ org, metadataStore }) => [roleOf(metadataStore), org])),
  };
}

/**
 * What of a store that is to be retired an org uses, in words: retirement would end the sessions of that org and its
 * role's login.
 *
 * @returns undefined when nobody uses it, and for a store of which retirement changes nothing.
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

function roleOf(store: MetadataStore): string {
  return store.provisioning === 'admin' ? store.postgresRole : store.user;
}
