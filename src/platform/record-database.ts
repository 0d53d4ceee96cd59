import type { Platform, SecretReference } from './platform-settings.ts';

/** Whether neither the rows nor their database have what is recorded. */
export function isRecordedElsewhere({ registration: { record } }: Platform): boolean {
  return 'configMap' in record || ('table' in record && !record.table.sameDatabase);
}

/** The database in which registrations are recorded; undefined when that is the cluster. */
export function recordDatabase({
  registration: { record },
}: Platform): { readonly url: SecretReference; readonly port: number } | undefined {
  if ('warehouseDatabase' in record) return record.warehouseDatabase;
  return 'table' in record ? record.table : undefined;
}
