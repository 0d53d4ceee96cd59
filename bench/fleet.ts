/** The fleets that the bench renders. The floor has this in it too, so it loads nothing. */

/** A row of the warehouse source: one of four kinds of org, so that there are several shapes. */
export interface Row {
  readonly org_id: string;
  readonly state: string;
  readonly iceberg_enabled: boolean;
  readonly metadata_store_kind: string;
  readonly metadata_store_endpoint: string | undefined;
  readonly metadata_store_port: number | string;
  readonly data_store_kind: string;
  readonly data_store_bucket_name: string;
  readonly data_store_region: string;
  readonly duckling_name: string;
}

export function row(index: number): Row {
  return {
    org_id: `org-${String(index).padStart(6, '0')}`,
    state: 'ready',
    iceberg_enabled: true,
    metadata_store_kind: index % 2 === 0 ? 'cnpg-shard' : 'external',
    metadata_store_endpoint: `postgres-${index}.example.com`,
    metadata_store_port: 5432,
    data_store_kind: index % 4 < 2 ? 's3bucket' : 'external',
    data_store_bucket_name: `lake-${index}`,
    data_store_region: 'eu-central-1',
    duckling_name: `org-${index}`,
  };
}

export function rows(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => row(index));
}

/** A fleet in which every tenth record is bad, in one of several ways. */
export function withBadRecords(fleet: readonly Row[]): Row[] {
  const ways: ((bad: Row) => Row)[] = [
    (bad) => ({ ...bad, metadata_store_port: 'many' }),
    (bad) => ({ ...bad, metadata_store_endpoint: undefined }),
    (bad) => ({ ...bad, data_store_bucket_name: 'Not_A_Bucket' }),
    (bad) => ({ ...bad, org_id: fleet[0]?.org_id ?? '' }),
    (bad) => ({
      ...bad,
      data_store_bucket_name: fleet[0]?.data_store_bucket_name ?? '',
      data_store_kind: 's3bucket',
    }),
    (bad) => ({ ...bad, metadata_store_kind: 'unknown' }),
  ];
  return fleet.map((good, i) =>
    i % 10 === 9 ? (ways[Math.floor(i / 10) % ways.length]?.(good) ?? good) : good,
  );
}

/** The table of a fleet in Postgres. */
export const table = 'bench_warehouses';
