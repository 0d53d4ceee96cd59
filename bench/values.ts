import { migrationJobName } from '../src/catalog/migration-job.ts';
import type { Row } from './fleet.ts';

/** How many kinds of org there are; org number i is of kind i modulo this. */
export const kinds = 4;

/** What is an org's own, by the name that it has in a generated program. The longest come first. */
export function valuesOf(one: Row): Record<string, string> {
  const name = `lakekeeper-${one.org_id}`;
  const database = `lakekeeper_${one.org_id.replaceAll('-', '_')}`;
  const job = migrationJobName(name, {
    image: 'quay.io/lakekeeper/catalog:v0.12.2',
    host: one.metadata_store_endpoint ?? '',
    port: 5432,
    database,
  });
  return {
    job,
    host: one.metadata_store_endpoint ?? '',
    database,
    name,
    org: one.org_id,
    bucket: one.data_store_bucket_name,
  };
}
