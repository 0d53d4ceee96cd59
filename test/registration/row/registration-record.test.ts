import { expect, test } from 'vitest';
import { registrationInputs } from '../../../src/catalog/registration-inputs.ts';
import { recordOfRegistration } from '../../../src/registration/row/registration-record.ts';
import { catalog, otherStores, platform, type SettingsOverrides } from '../../support/fleet.ts';

const record = (settings: SettingsOverrides = {}) => {
  const parsed = platform(settings);
  return recordOfRegistration(registrationInputs(catalog('acme', parsed), parsed));
};

test('what engines need is recorded, under the names that the control plane reads', () => {
  expect(record()).toEqual({
    iceberg_backend: 'lakekeeper',
    iceberg_lakekeeper_endpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
    iceberg_lakekeeper_warehouse: 'org-acme',
    iceberg_lakekeeper_client_id: 'duckling-acme',
    iceberg_lakekeeper_o_auth2_server_uri: '',
    iceberg_lakekeeper_client_credentials_namespace: 'lakekeeper',
    iceberg_lakekeeper_client_credentials_name: 'lakekeeper-acme',
    iceberg_lakekeeper_client_credentials_key: 'oauth2-client-secret',
    iceberg_region: 'eu-central-1',
    iceberg_state: 'ready',
  });
});

test.each(['gcs', 'adls'] as const)('%s has no region: a former one is cleared', (store) => {
  expect(record({ dataStores: otherStores[store] }).iceberg_region).toBe('');
});
