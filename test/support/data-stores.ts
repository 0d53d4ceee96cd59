import type { AdlsDataStore, GcsDataStore } from '../../src/catalog/data-store-inputs.ts';

/** Data stores of Google and Azure, for tests of warehouses; each is changed where a test is about it. */
export const gcs: GcsDataStore = {
  type: 'gcs',
  bucket: 'acme-data',
  keyPrefix: 'lakekeeper',
  stsEnabled: false,
  credential: { type: 'systemIdentity' },
};

export const adls: AdlsDataStore = {
  type: 'adls',
  accountName: 'acmedata',
  filesystem: 'lake',
  keyPrefix: 'lakekeeper',
  sasEnabled: false,
  credential: { type: 'sharedAccessKey', key: { namespace: 'n', name: 's', key: 'k' } },
};
