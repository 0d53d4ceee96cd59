import { isPermitted, namespacesOfOrgs } from '../platform/argocd-namespaces.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { Catalog, CredentialReference, SecretKey } from './catalog.ts';
import { credentialSecrets } from './data-store-source.ts';
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
  const password =
    metadataStore.provisioning === 'admin' ? metadataStore.admin.password : metadataStore.password;
  return [
    ...secretOf(password),
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
  const password =
    metadataStore.provisioning === 'admin' ? metadataStore.admin.password : metadataStore.password;
  return 'duckling' in password ? [password.duckling] : [];
}

function secretOf(reference: CredentialReference): SecretKey[] {
  return 'secret' in reference ? [reference.secret] : [];
}

interface InNamespace {
  readonly namespace: string;
}

/** Objects in the namespaces that a catalog uses: its own one, and those from which its registration Job reads. */
export function placesOf(catalog: Catalog): InNamespace[] {
  const { names, authentication } = catalog;
  return [
    names,
    ...referencedSecrets(catalog),
    ...referencedDucklings(catalog),
    ...recordRights(catalog.record),
    ...(usesBroker(authentication) ? [{ namespace: names.workerNamespace }] : []),
  ];
}

/** The first namespace of an org's objects that the rendered AppProject does not permit. */
export function namespaceOutsideOfProject(
  used: readonly InNamespace[],
  platform: Platform,
): string | undefined {
  if (platform.argocd === undefined) return undefined;
  const permitted = namespacesOfOrgs(platform);
  return used.find(({ namespace }) => !isPermitted(namespace, permitted))?.namespace;
}
