import type { DataStore } from '../../../catalog/data-store-inputs.ts';

/**
 * What registration does about a field that differs from the desired value. `corrected`: set it, or remove it.
 * `corrected where stated`: the same, only if the settings have a value. `refused`: stop, because Lakekeeper cannot
 * change it. `left alone`: keep the observed value, because the field belongs to the warehouse's users.
 */
export type Handling = 'corrected' | 'corrected where stated' | 'refused' | 'left alone';

/**
 * Fields of a warehouse beside its storage profile, in Lakekeeper's spelling
 * (docs/facts/lakekeeper-management-api.md §5).
 */
export const warehouseFields: Readonly<Record<string, Handling>> = {
  // An inactive warehouse is activated.
  status: 'corrected',
  'storage-credential-type': 'corrected',
  'delete-profile': 'corrected where stated',
  // One of these two prevents that a holder of a token deletes the warehouse (docs/isolation.md).
  protected: 'corrected',
  'managed-by': 'corrected',
  'allowed-format-versions': 'left alone',
  'default-format-version': 'left alone',
};

/**
 * Fields of a storage profile. S3: docs/facts/lakekeeper-management-api.md §4.2, §4.4 and §6. GCS and ADLS:
 * docs/facts/lakekeeper-versions.md §5, not tested with a server.
 */
export const profileFields: Readonly<Record<DataStore['type'], Readonly<Record<string, Handling>>>> = {
  s3: {
    type: 'refused',
    bucket: 'refused',
    'key-prefix': 'refused',
    // Corrected since 0.12 if there is an endpoint.
    region: 'refused',
    endpoint: 'corrected',
    flavor: 'corrected',
    'path-style-access': 'corrected',
    'sts-enabled': 'corrected',
    'sts-role-arn': 'corrected',
    'assume-role-arn': 'corrected',
    'remote-signing-enabled': 'corrected',
    'sts-endpoint': 'corrected where stated',
    'sts-token-validity-seconds': 'corrected where stated',
    'sts-session-tags': 'corrected where stated',
    'allow-alternative-protocols': 'corrected where stated',
    'remote-signing-url-style': 'corrected where stated',
    'push-s3-delete-disabled': 'corrected where stated',
    'aws-kms-key-arn': 'corrected where stated',
    'legacy-md5-behavior': 'corrected where stated',
    'storage-layout': 'corrected where stated',
  },
  gcs: {
    type: 'refused',
    bucket: 'refused',
    'key-prefix': 'refused',
    'sts-enabled': 'corrected',
    'storage-layout': 'corrected where stated',
  },
  adls: {
    type: 'refused',
    // The server could change the account, but the tables would stay in the former one.
    'account-name': 'refused',
    filesystem: 'refused',
    'key-prefix': 'refused',
    host: 'refused',
    'authority-host': 'refused',
    'sas-enabled': 'corrected',
    'sas-token-validity-seconds': 'corrected',
    'allow-alternative-protocols': 'left alone',
    'storage-layout': 'corrected where stated',
  },
};

/** The fields of a type of data store with this handling. */
export function fieldsWith(handling: Handling, type: DataStore['type']): string[] {
  return Object.entries(profileFields[type])
    .filter(([, one]) => one === handling)
    .map(([field]) => field);
}
