import type { DataStore } from './catalog.ts';

/** Where table files lie: in the same root, two catalogs must have folders of their own. */
export interface Place {
  /** The bucket, whatever the prefix; two different ones share no files. */
  readonly root: string;
  /** As engines write it, with the prefix: `s3://lake/lakekeeper/acme`. */
  readonly url: string;
}

export function placeOf(store: DataStore): Place {
  const bucket = bucketURL(store);
  // The same name behind another endpoint is another bucket.
  const endpoint = store.type === 's3' ? (store.endpoint ?? '') : '';
  return { root: `${endpoint}|${bucket}`, url: `${bucket}/${store.keyPrefix}` };
}

function bucketURL(store: DataStore): string {
  if (store.type === 's3') return `s3://${store.bucket}`;
  if (store.type === 'gcs') return `gs://${store.bucket}`;
  return `abfss://${store.filesystem}@${store.accountName}.${store.host ?? 'dfs.core.windows.net'}`;
}
