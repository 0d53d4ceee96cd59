import type { Platform, SecretReference } from './platform-settings.ts';

/** The database in which registrations are recorded; undefined when that is the cluster. */
export function recordDatabase({
  registration: { record },
}: Platform): { readonly url: SecretReference; readonly port: number } | undefined {
  if ('warehouseDatabase' in record) return record.warehouseDatabase;
  return 'table' in record ? record.table : undefined;
}
