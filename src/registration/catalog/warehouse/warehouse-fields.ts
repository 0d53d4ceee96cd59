import type { DataStore } from '../../../catalog/catalog.ts';

/**
 * What registration does when a field of the Lakekeeper warehouse differs from what is desired: `corrected`: it
 * is set; `corrected where stated`: the same, and without a setting it is left alone; `refused`: Lakekeeper cannot
 * change it, a person has to decide; `left alone`: it belongs to the people who run the warehouse, and an update
 * sends back what it found.
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
  // One of the two, against everybody who has a token: docs/isolation.md.
  protected: 'corrected',
  'managed-by': 'corrected',
  'allowed-format-versions': 'left alone',
  'default-format-version': 'left alone',
};

/**
 * Fields of a storage profile. A field that is corrected and not stated is taken away. S3:
 * docs/facts/lakekeeper-management-api.md §4.2, §4.4 and §6. GCS and ADLS: docs/facts/lakekeeper-versions.md
 * §5; no server was asked.
 */
export const profileFields: Readonly<Record<DataStore['type'], Readonly<Record<string, Handling>>>> = {
  s3: {
    type: 'refused',
    bucket: 'refused',
    'key-prefix': 'refused',
    // Corrected where the server lets it follow an endpoint: since 0.12, and with an endpoint.
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
    // The server would change the account, and every table would stay behind in the old one.
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

/** The fields of a kind of data store that are handled in one way. */
export function fieldsWith(handling: Handling, type: DataStore['type']): string[] {
  return Object.entries(profileFields[type])
    .filter(([, one]) => one === handling)
    .map(([field]) => field);
}
