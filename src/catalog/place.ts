import type { DataStore } from './data-store-inputs.ts';

/** Location of table files. Two catalogs in the same root must have different folders, none inside the other. */
export interface Place {
  /** The bucket without the prefix. Different roots share no files. */
  readonly root: string;
  /** URL with the prefix, as engines write it: `s3://lake/lakekeeper/acme`. */
  readonly url: string;
}

export function placeOf(store: DataStore): Place {
  const bucket = bucketURL(store);
  // Buckets with the same name at different endpoints are different buckets.
  const endpoint = store.type === 's3' ? (store.endpoint ?? '') : '';
  return { root: `${endpoint}|${bucket}`, url: `${bucket}/${store.keyPrefix}` };
}

function bucketURL(store: DataStore): string {
  if (store.type === 's3') return `s3://${store.bucket}`;
  if (store.type === 'gcs') return `gs://${store.bucket}`;
  return `abfss://${store.filesystem}@${store.accountName}.${store.host ?? 'dfs.core.windows.net'}`;
}
