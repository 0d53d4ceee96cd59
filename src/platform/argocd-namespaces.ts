import { secretReferencesIn } from './data-store-settings.ts';
import { perPlatform } from './per-platform.ts';
import type {
  AuthenticationSettings,
  CredentialSource,
  MetadataStoreSettings,
  Platform,
  SecretReference,
} from './platform-settings.ts';
import { recordDatabase } from './record-database.ts';
import { authenticationSettings, dataStoreSettings, metadataStoreSettings } from './settings-with-paths.ts';
import { sourceResource } from './source-settings.ts';

/**
 * The namespaces that may contain objects of orgs, as globs: those of the catalogs, and those with Secrets or Ducklings
 * that registration Jobs may read. Derived from the settings only, so that a new org does not change the rights of the
 * others.
 */
export const namespacesOfOrgs = perPlatform((platform: Platform): readonly string[] => {
  const referred = referredNamespaces(platform).map((template) => template.replaceAll(/\{[^}]*\}/g, '*'));
  return [...new Set([...catalogNamespaces(platform), ...referred, ...further(platform)])].sort();
});

/** The namespaces of the catalogs, as globs. */
export function catalogNamespaces(platform: Platform): string[] {
  if (platform.tenancy === 'sharedNamespace') return [platform.namespace];
  const named = Object.values(platform.orgs).flatMap(({ name }) => name ?? []);
  return [`${platform.prefix}-*`, ...named, ...further(platform)];
}

function further({ argocd }: Platform): readonly string[] {
  return argocd?.namespaces ?? [];
}

/** Whether a namespace matches one of the globs of `namespacesOfOrgs`. */
export function isPermitted(namespace: string, globs: readonly string[]): boolean {
  return (
    globs.includes(namespace) ||
    globs.some((glob) => new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(namespace))
  );
}

function referredNamespaces(platform: Platform): string[] {
  const database = recordDatabase(platform);
  return [
    ...metadataStoreSettings(platform).flatMap(([, store]) => ofMetadataStore(store)),
    ...dataStoreSettings(platform).flatMap(([, { credential }]) =>
      secretReferencesIn(credential).flatMap(ofSecret),
    ),
    ...authenticationSettings(platform).flatMap(([, settings]) =>
      settings.mode === 'openID' && settings.issuer === 'external' ? ofSecret(settings.client.secret) : [],
    ),
    ...(database ? ofSecret(database.url) : []),
    ...recordedNamespace(platform),
    // Where registration Jobs list the workers' pods.
    ...(authenticationSettings(platform).some(([, settings]) => isByServiceAccount(settings))
      ? [platform.workers.namespace]
      : []),
  ];
}

/** Where the resources are into which registration writes. */
function recordedNamespace({ registration, source }: Platform): string[] {
  const namespace = 'resource' in registration.record ? sourceResource(source)?.namespace : undefined;
  return namespace === undefined ? [] : [namespace];
}

function isByServiceAccount(settings: AuthenticationSettings): boolean {
  return settings.mode === 'kubernetes' || (settings.mode === 'openID' && settings.issuer === 'cluster');
}

function ofMetadataStore(store: MetadataStoreSettings): string[] {
  return ofCredential(store.provisioning === 'admin' ? store.admin.password : store.password);
}

function ofCredential(source: CredentialSource): string[] {
  if ('duckling' in source) return [source.duckling.namespace];
  return 'secret' in source ? ofSecret(source.secret) : [];
}

/** A Secret without a namespace is in that of the catalog. */
function ofSecret({ namespace }: SecretReference): string[] {
  return namespace === undefined ? [] : [namespace];
}
