import { expect, test } from 'vitest';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import { retirementRights } from '../../src/catalog/retirement-rights.ts';
import { type Columns, catalog, platform, type SettingsOverrides } from '../support/fleet.ts';

const rights = (policy: 'retain' | 'delete', settings: SettingsOverrides = {}, columns: Columns = {}) => {
  const parsed = platform(settings);
  const registration = registrationInputs(catalog('acme', parsed, columns), parsed);
  return retirementRights({ version: 1, policy, registration }).map(
    ({ namespace, resource, verbs, names = ['*'] }) => `${namespace}: ${verbs} ${resource} ${names}`,
  );
};
const preProvisioned = {
  metadata_store_kind: 'cnpg-shard',
  metadata_store_endpoint: 'pg.example.com',
  metadata_store_database_name: 'lakekeeper_acme',
};

test('the Job may read its own objects and credentials, label the Secret, and write the record', () => {
  expect(rights('retain')).toMatchInlineSnapshot(`
    [
      "lakekeeper: get lakekeepers lakekeeper-acme",
      "lakekeeper: get,patch secrets lakekeeper-acme",
      "lakekeeper: create configmaps *",
      "lakekeeper: get,patch configmaps lakekeeper-acme-endpoint",
      "ducklings: get secrets duckling-acme-postgres",
      "duckgres: get secrets warehouse-database",
    ]
  `);
});

test('only the policy delete may delete the Secret, and not one of a pre-provisioned store', () => {
  const ofSecret = (list: string[]) => list.filter((right) => right.endsWith('secrets lakekeeper-acme'));
  expect(ofSecret(rights('retain'))).toEqual(['lakekeeper: get,patch secrets lakekeeper-acme']);
  expect(ofSecret(rights('delete'))).toEqual(['lakekeeper: get,delete secrets lakekeeper-acme']);
  expect(ofSecret(rights('delete', {}, preProvisioned))).toEqual([
    'lakekeeper: get,patch secrets lakekeeper-acme',
  ]);
});
