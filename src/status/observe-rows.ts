import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { parseConnection } from '../clients/postgres/connection.ts';
import { withClient } from '../clients/postgres/postgres-client.ts';
import { recordTable } from '../mapping/record-table.ts';
import { type CredentialSources, resolveCredential } from '../registration/resolve-credential.ts';
import { readRecords } from '../registration/row/observe.ts';
import { type Observed, observe } from './observed.ts';

type WarehouseDatabase = Extract<
  RegistrationInputs['record']['target'],
  { warehouseDatabase: unknown }
>['warehouseDatabase'];
export type Records = Observed<ReadonlyMap<string, Readonly<Record<string, unknown>>>>;

/** Identifies the table of a row. */
export function tableKey({ url, schema, table }: WarehouseDatabase): string {
  return JSON.stringify([url.namespace, url.name, url.key, schema, table]);
}

/** The registrations in all rows of a table. */
export async function observeTable(
  { url, ...table }: WarehouseDatabase,
  sources: CredentialSources,
  signal: AbortSignal,
): Promise<Records> {
  const records = await observe(async () => {
    const text = await resolveCredential({ secret: url }, sources);
    return withClient(parseConnection(text, {}, { signal, isInteractive: false }), (client) =>
      readRecords(client, recordTable(table)),
    );
  });
  return 'value' in records ? records : { unknown: sources.redactions.apply(records.unknown) };
}
