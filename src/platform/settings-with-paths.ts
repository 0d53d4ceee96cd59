import type {
  AuthenticationSettings,
  DataStoreSettings,
  MetadataStoreSettings,
  Platform,
} from './platform-settings.ts';

/** A value of the settings, and its path in `platform.yaml`. */
type WithPath<T> = readonly [path: string, value: T];

/** Every authentication of the settings, those of single orgs too. */
export function authenticationSettings({
  authentication,
  orgs,
}: Platform): WithPath<AuthenticationSettings>[] {
  return [['authentication', authentication], ...overrides(orgs, 'authentication')];
}

/** Every metadata store of the settings, those of single orgs too. */
export function metadataStoreSettings({ metadataStores, orgs }: Platform): WithPath<MetadataStoreSettings>[] {
  return [...byKind(metadataStores, 'metadataStores'), ...overrides(orgs, 'metadataStore')];
}

/** Every data store of the settings, those of single orgs too. */
export function dataStoreSettings({ dataStores, orgs }: Platform): WithPath<DataStoreSettings>[] {
  return [...byKind(dataStores, 'dataStores'), ...overrides(orgs, 'dataStore')];
}

function byKind<T>(settings: Readonly<Record<string, T>>, path: string): WithPath<T>[] {
  return Object.entries(settings).map(([kind, value]) => [`${path}.${kind}`, value] as const);
}

function overrides<K extends keyof Platform['orgs'][string]>(
  orgs: Platform['orgs'],
  key: K,
): WithPath<NonNullable<Platform['orgs'][string][K]>>[] {
  return Object.entries(orgs).flatMap(([org, { [key]: value }]) =>
    value === undefined ? [] : [[`orgs.${org}.${key}`, value] as const],
  );
}
