import fc from 'fast-check';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { deriveCatalog } from '../../src/catalog/derive.ts';
import { type WarehouseColumn, warehouseColumns } from '../../src/mapping/raw-record.ts';
import type { Platform } from '../../src/platform/platform-settings.ts';
import { type Ducklings, ducklingNames } from '../../src/source/ducklings.ts';
import { parseWarehouseRecord, type WarehouseRecord } from '../../src/source/warehouse-record.ts';
import { anySettings, overridden } from './any-settings.ts';
import { anyText, orgIds } from './arbitrary.ts';
import { ducklings } from './fleet.ts';

const oneOf = fc.constantFrom;
/** Everything that a row has beside the id; a column that is new has to be here. */
type Values<T> = Readonly<Record<Exclude<WarehouseColumn, 'org_id'>, T>>;

/**
 * Ids that are names everywhere, that are labels only, and that are neither. Three of each: two make and prove a
 * template, by which the third is rendered.
 */
const ordinaryIds = ['first', 'second', 'third', 'One', 'Two', 'Three', 'No 1', 'No 2', 'No 3'];

/** What an org has that is like the others. */
function ordinary(org: string, { tenancy, namespace }: Platform): Values<unknown> {
  const short = `${org
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 20)}z`;
  const name = `old${short}`;
  return {
    state: 'ready',
    iceberg_enabled: true,
    iceberg_backend: 'lakekeeper',
    iceberg_state: 'ready',
    iceberg_region: 'us-east-1',
    iceberg_lakekeeper_endpoint: `http://${name}.${tenancy === 'sharedNamespace' ? namespace : name}.svc:8181/catalog`,
    iceberg_lakekeeper_warehouse: `warehouse-${short}`,
    iceberg_lakekeeper_client_id: `client-${short}`,
    iceberg_lakekeeper_o_auth2_server_uri: 'http://127.0.0.1:9876/token',
    iceberg_lakekeeper_client_credentials_name: name,
    metadata_store_kind: 'external',
    metadata_store_endpoint: 'postgres.example.com',
    metadata_store_port: 6432,
    metadata_store_database_name: `d-${short}`,
    metadata_store_username: 'someone',
    data_store_kind: 'external',
    data_store_bucket_name: 'lake',
    data_store_region: 'eu-central-1',
    duckling_name: `zebra-${short}`,
  };
}

const words = fc.oneof(oneOf('plain', 'lake', 'postgres', 'acme'), anyText);
/** What is trouble: it looks like something else, or like what the settings say. */
const trouble = fc.record<Values<unknown>>({
  state: words,
  iceberg_enabled: fc.boolean(),
  iceberg_backend: words,
  iceberg_state: oneOf('ready', 'failed', 'retired', '', 'of tomorrow'),
  iceberg_region: oneOf('12', '1e3'),
  iceberg_lakekeeper_endpoint: oneOf(undefined, 'http://other.other.svc:8181/catalog'),
  iceberg_lakekeeper_warehouse: oneOf('w-1', '1e3', '.5', '007', 'acme', '-'),
  iceberg_lakekeeper_client_id: words,
  iceberg_lakekeeper_o_auth2_server_uri: words,
  iceberg_lakekeeper_client_credentials_name: words,
  metadata_store_kind: oneOf('external', 'cnpg-shard'),
  metadata_store_endpoint: oneOf('Postgres-7.example.com', '10.1.2.3', '::1', '0x1F'),
  metadata_store_port: oneOf(undefined, 0, 1, '5432'),
  metadata_store_database_name: words,
  metadata_store_username: words,
  data_store_kind: oneOf('external', 's3bucket', undefined),
  data_store_bucket_name: oneOf('lake-2', '0123456', '1e3', '12.5', 'acme', 'zebra'),
  data_store_region: oneOf('12', 'no', '0x1F', '-', 'eu'),
  duckling_name: oneOf('duckling', 'acme', '007', '1e3', 'a-b'),
});

/** A few of them, so that the org may still be of the shape of the others. */
const unusual = trouble
  .chain((values) => fc.subarray(Object.entries(values), { minLength: 1, maxLength: 3 }))
  .map((columns): object => Object.fromEntries(columns));

/** Columns without which most settings give no catalog. */
const mostly: readonly WarehouseColumn[] = ['metadata_store_endpoint', 'data_store_bucket_name'];
const always: readonly WarehouseColumn[] = ['org_id', 'metadata_store_kind'];
/** What a kind of org has: the columns that are filled in, and in which Postgres it is. */
const kinds = fc.record({
  filled: fc
    .tuple(
      fc.constant(always),
      fc.oneof({ weight: 3, arbitrary: fc.constant(mostly) }, fc.subarray([...mostly])),
      fc.subarray(warehouseColumns.filter((column) => ![...mostly, ...always].includes(column))),
    )
    .map((columns): readonly string[] => columns.flat()),
  metadata_store_kind: oneOf('external', 'cnpg-shard'),
});

/** What the status of all Ducklings has; undefined when none are known. */
const ducklingStatus = fc.option(
  fc.record({
    metadataStore: fc.record(
      {
        endpoint: oneOf('duck.example.com', '10.9.9.9'),
        database: words,
        user: words,
        credentialSecretRef: oneOf(
          { name: 'generated', key: 'password' },
          { namespace: 'others', name: 'a-secret', key: 'p' },
        ),
      },
      { requiredKeys: [] },
    ),
    dataStore: fc.record(
      { bucketName: oneOf('duck-lake', '0815'), s3Region: oneOf('eu-west-1', '12') },
      { requiredKeys: [] },
    ),
  }),
  { nil: undefined },
);

export interface AnyFleet {
  readonly settings: Platform;
  readonly catalogs: readonly Catalog[];
}

/**
 * A fleet of any settings: of one kind, some ordinary orgs, and some that are not, in what they are called or in what
 * they have.
 */
export const anyFleet: fc.Arbitrary<AnyFleet> = fc
  .tuple(
    anySettings,
    kinds,
    ducklingStatus,
    fc.array(orgIds, { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(orgIds, unusual), { minLength: 1, maxLength: 6 }),
  )
  .map(([settings, { filled, metadata_store_kind }, status, ids, others]) => {
    const rows: [string, object][] = [
      ...[...ordinaryIds, ...overridden, ...ids, 'lake'].map((org): [string, object] => [org, {}]),
      ...others,
      ...others.map(([, values], i): [string, object] => [`ordinary-${i}`, values]),
    ];
    const records = rows.flatMap(([org, values]) => {
      const columns = { org_id: org, ...ordinary(org, settings), metadata_store_kind, ...values };
      return recordOf(
        Object.fromEntries(Object.entries(columns).filter(([column]) => filled.includes(column))),
      );
    });
    const known =
      status === undefined ? new Map() : ducklings(...records.map((one) => duckling(one, status)));
    return { settings, catalogs: records.flatMap((one) => catalogOf(one, settings, known)) };
  });

function recordOf(columns: object): WarehouseRecord[] {
  const parsed = parseWarehouseRecord({ at: 'row', columns });
  return parsed.ok ? [parsed.record] : [];
}

function duckling(record: WarehouseRecord, status: object): object {
  const [name] = ducklingNames(record);
  return { kind: 'Duckling', metadata: { name, namespace: 'ducks' }, status };
}

function catalogOf(record: WarehouseRecord, settings: Platform, known: Ducklings): Catalog[] {
  const derived = deriveCatalog(record, settings, known);
  return derived.ok ? [derived.catalog] : [];
}
