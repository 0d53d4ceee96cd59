import { isPermitted, namespacesOfOrgs } from '../platform/argocd-namespaces.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { Catalog } from './catalog.ts';
import type { SecretKey } from './data-store-inputs.ts';
import { credentialSecrets } from './data-store-source.ts';
import type { CredentialReference, MetadataStore } from './metadata-store-inputs.ts';
import { recordRights } from './record-rights.ts';
import { usesBroker } from './worker-login.ts';

/** The Secrets that the registration Job reads. */
export function referencedSecrets({
  names,
  metadataStore,
  dataStore,
  authentication,
  record,
}: Catalog): SecretKey[] {
  const password = passwordOf(metadataStore);
  return [
    ...('secret' in password ? [password.secret] : []),
    ...(metadataStore.sslRootCertSecret
      ? [{ namespace: names.namespace, ...metadataStore.sslRootCertSecret }]
      : []),
    ...credentialSecrets(dataStore),
    ...(authentication.mode === 'openID' && authentication.issuer === 'external'
      ? [authentication.client.secret]
      : []),
    ...('warehouseDatabase' in record ? [record.warehouseDatabase.url] : []),
  ];
}

/** The Duckling resources that the registration Job reads. */
export function referencedDucklings({ metadataStore }: Catalog): { namespace: string; name: string }[] {
  const password = passwordOf(metadataStore);
  return 'duckling' in password ? [password.duckling] : [];
}

/** Where the Job finds the password of the metadata store: that of the admin, or the one that is provided. */
export function passwordOf(store: MetadataStore): CredentialReference {
  return store.provisioning === 'admin' ? store.admin.password : store.password;
}

/** The namespaces that a catalog uses: its own one, and those from which its registration Job reads. */
export function usedNamespaces(catalog: Catalog): string[] {
  const { names, authentication } = catalog;
  const objects = [
    ...referencedSecrets(catalog),
    ...referencedDucklings(catalog),
    ...recordRights(catalog.record),
  ];
  return [
    names.namespace,
    ...objects.map(({ namespace }) => namespace),
    ...(usesBroker(authentication) ? [names.workerNamespace] : []),
  ];
}

/** The first of the namespaces that the rendered AppProject does not permit. */
export function namespaceOutsideOfProject(
  namespaces: readonly string[],
  platform: Platform,
): string | undefined {
  if (platform.argocd === undefined) return undefined;
  const permitted = namespacesOfOrgs(platform);
  return namespaces.find((namespace) => !isPermitted(namespace, permitted));
}
