import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { RetirementInputs } from '../catalog/retirement-inputs.ts';
import type { RetirementObservation } from './retirement-observation.ts';

/**
 * What is left of an org once it is retired, in one sentence for its record: the same in every run, and without a
 * credential.
 */
export function remains(
  { policy, registration }: RetirementInputs,
  { secret, store }: Pick<RetirementObservation, 'secret' | 'store'>,
): string {
  const { catalog, metadataStore } = registration;
  const ofSecret = `Secret ${catalog.namespace}/${catalog.name}`;
  return `retired; ${stores()}; its table files remain in ${dataStoreLocation(registration)}`;

  function stores(): string {
    const { database, host, port } = metadataStore;
    const server = `${host}:${port}`;
    if (metadataStore.provisioning === 'preProvisioned')
      return (
        `nothing was dropped: the owner of database ${database} and role ${metadataStore.user} on ${server} may drop ` +
        `them, and then ${ofSecret}`
      );
    const both = `database ${database} and role ${metadataStore.postgresRole} on ${server}`;
    if (policy === 'delete') return `${both}, and ${ofSecret} are deleted`;
    const hasDatabase = store?.server.database !== undefined;
    if (hasDatabase && secret) return `${both}, which cannot log in, and ${ofSecret} are kept`;
    if (hasDatabase)
      return `${both}, which cannot log in, are kept; ${ofSecret} is gone, and the encryption key with it`;
    return `there is no database ${database} on ${server}; ${ofSecret} ${secret ? 'is kept' : 'is not there'}`;
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
