import { describe, expect, test } from 'vitest';
import { platform, type SettingsOverrides } from '../support/fleet.ts';
import { refusedFields } from '../support/refused-settings.ts';

describe('the mapping of the source', () => {
  const mapped = (source: unknown) => refusedFields({ source } as SettingsOverrides);

  test('is that of duckgres, or one of named columns and constants', () => {
    expect(platform().source).toEqual({ mapping: 'duckgres' });
    const mapping = { org: 'id', icebergEnabled: { constant: true }, metadataStorePort: { constant: 5432 } };
    expect(
      platform({
        source: { relation: 'app.tenants', mapping },
        registration: { record: { configMap: true } },
      } as SettingsOverrides).source,
    ).toEqual({
      relation: 'app.tenants',
      mapping,
    });
  });

  test.each([
    [{ mapping: 'duckgress' }, 'source.mapping: expected "duckgres" or "duckling"; did you mean duckgres?'],
    [{ mapping: { orgs: 'id' } }, 'source.mapping.orgs: is not a setting; did you mean org?'],
    [{ mapping: { org: '' } }, 'source.mapping.org: too small: expected string to have >=1 characters'],
    [
      { mapping: { org: { constant: 'acme' } } },
      'source.mapping.org: invalid input: expected string, received object',
    ],
    [
      { mapping: { icebergEnabled: { constant: 'yes' } } },
      'source.mapping.icebergEnabled.constant: invalid input: expected boolean, received string',
    ],
    [
      { mapping: { metadataStorePort: { constant: 0 } } },
      'source.mapping.metadataStorePort.constant: too small: expected number to be >=1',
    ],
    [
      { relation: 'a.b.c' },
      'source.relation: is not the name of a table or view, like tenants or app.tenants',
    ],
  ])('%j is refused at its path', (source, message) => {
    expect(mapped(source)).toEqual([message]);
  });
});

describe('the record', () => {
  const url = { name: 'warehouse-database', key: 'url' };
  const mapping = { org: 'id', icebergEnabled: { constant: true } };
  const settings = (record: object, others: object = {}) =>
    refusedFields({ source: { mapping }, registration: { record }, ...others } as SettingsOverrides);
  const at = 'registration.record.warehouseDatabase.columns';

  test.each([
    [{ table: { url } }],
    [{ table: { url, schema: 'lake', table: 'c', sameDatabase: false, notify: 'lake' } }],
    [{ warehouseDatabase: { url, columns: { catalogEndpoint: 'lake_url' } } }],
    [{ configMap: true }],
  ])('is in %j', (record) => {
    expect(settings(record)).toEqual([]);
  });

  const resource = { apiVersion: 'example.org/v1', plural: 'tenants' };
  const of = (source: object, record: object) => settings(record, { source });

  test('of Kubernetes objects is not beside rows', () => {
    expect(of({ resource, mapping }, { configMap: true })).toEqual([]);
    expect(of({ mapping: 'duckling' }, { table: { url, sameDatabase: false } })).toEqual([]);
    expect(of({ resource, relation: 'tenants' }, { table: { url } })).toEqual([
      expect.stringContaining(
        'source.relation: is of a database, and source.resource of a cluster; keep one',
      ),
      expect.stringContaining('source.mapping: has columns of duckgres; expected paths into source.resource'),
      expect.stringContaining(
        'registration.record.table.sameDatabase: is true, and the orgs are in no database',
      ),
    ]);
    expect(
      of({ resource, mapping }, { warehouseDatabase: { url, columns: { catalogEndpoint: 'x' } } }),
    ).toEqual([
      expect.stringContaining(
        'registration.record.warehouseDatabase: has no row of a resource; expected another',
      ),
    ]);
  });

  test.each([
    [
      { ...resource, apiVersion: 'v1' },
      'apiVersion: is not an API group with its version, like example.org/v1',
    ],
    [{ ...resource, plural: 'Tenant' }, 'plural: is not the plural name of a resource in lower case'],
    [{ ...resource, kind: 'Tenant' }, 'kind: is not a setting'],
  ])('%j is no kind of resources', (wrong, message) => {
    expect(of({ resource: wrong, mapping }, { configMap: true })).toEqual([
      expect.stringContaining(`source.resource.${message}`),
    ]);
  });

  test('has columns of its own where the mapping does', () => {
    expect(settings({ warehouseDatabase: { url } })).toEqual([
      expect.stringContaining(`${at}: is missing; expected`),
    ]);
    const others = { source: { mapping: { extends: 'duckgres', icebergEnabled: { constant: true } } } };
    expect(settings({ warehouseDatabase: { url } }, others)).toEqual([]);
  });

  test.each([
    [{ org: 'id' }, {}, `${at}: names no column to write; expected catalogEndpoint at least`],
    [
      { endpoint: 'x' },
      {},
      `${at}.endpoint: is not a setting; known are org, icebergBackend, catalogEndpoint, `,
    ],
    [
      { catalogEndpoint: 'x' },
      { authentication: { mode: 'kubernetes' }, operator: { flavor: 'fork' } },
      `${at}: has no oauthServerURI; by that column, engines`,
    ],
  ])('%j is refused with %j', (columns, others, message) => {
    expect(settings({ warehouseDatabase: { url, columns } }, others)).toEqual([
      expect.stringContaining(message),
    ]);
  });
});
