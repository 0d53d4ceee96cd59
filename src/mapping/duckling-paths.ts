import type { FieldName } from './fields.ts';

/** The kind of the Duckling resources. */
export const ducklingResource = {
  group: 'k8s.posthog.com',
  version: 'v1alpha1',
  plural: 'ducklings',
} as const;

/**
 * The paths of a Duckling resource that have the fields of a record (docs/facts/duckgres-warehouse-row.md §4). Its
 * name is the lower-cased id of its org.
 */
export const ducklingPaths: Readonly<Partial<Record<FieldName, string>>> = {
  org: 'metadata.name',
  icebergEnabled: 'spec.iceberg.enabled',
  metadataStoreKind: 'status.metadataStore.type',
  metadataStoreHost: 'status.metadataStore.endpoint',
  metadataStoreDatabase: 'status.metadataStore.database',
  metadataStoreUser: 'status.metadataStore.user',
  dataStoreKind: 'status.dataStore.type',
  dataStoreBucket: 'status.dataStore.bucketName',
  dataStoreRegion: 'status.dataStore.s3Region',
  ducklingName: 'metadata.name',
};
