import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { RetirementInputs } from '../catalog/retirement-inputs.ts';

/**
 * What is left of an org that is retired, in one sentence for its record: the same in every run, and without a
 * credential.
 */
export function remains({ policy, registration }: RetirementInputs): string {
  const { catalog, metadataStore } = registration;
  const secret = `Secret ${catalog.namespace}/${catalog.name}`;
  return `retired; ${stores()}; its table files remain in ${dataStoreLocation(registration)}`;

  function stores(): string {
    const { database, host, port } = metadataStore;
    const server = `${host}:${port}`;
    if (metadataStore.provisioning === 'preProvisioned')
      return (
        `nothing was dropped: the owner of database ${database} and role ${metadataStore.user} on ${server} may drop ` +
        `them, and then ${secret}`
      );
    const { postgresRole } = metadataStore;
    return policy === 'retain'
      ? `database ${database} and role ${postgresRole} on ${server}, which cannot log in, and ${secret} are kept`
      : `database ${database} and role ${postgresRole} on ${server}, and ${secret} are deleted`;
  }
}

/** Bucket and prefix, as a URL of the kind that engines use. */
export function dataStoreLocation({ lakekeeperWarehouse }: RegistrationInputs): string {
  const store = lakekeeperWarehouse.dataStore;
  const prefix = store.keyPrefix.replace(/^\/+/, '');
  switch (store.type) {
    case 's3':
      return `s3://${store.bucket}/${prefix}`;
    case 'gcs':
      return `gs://${store.bucket}/${prefix}`;
    case 'adls':
      return `abfss://${store.filesystem}@${store.accountName}.${store.host ?? 'dfs.core.windows.net'}/${prefix}`;
  }
}
