import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { parseConnection } from '../clients/postgres/connection.ts';
import { withClient } from '../clients/postgres/postgres-client.ts';
import { type CredentialSources, resolveCredential } from '../registration/resolve-credential.ts';
import { readRecords } from '../registration/row/observe.ts';
import { type Asked, ask } from './asked.ts';

type WarehouseDatabase = Extract<
  RegistrationInputs['record']['target'],
  { warehouseDatabase: unknown }
>['warehouseDatabase'];
export type Records = Asked<ReadonlyMap<string, Readonly<Record<string, unknown>>>>;

/** Of which table a row is. */
export function tableKey({ url, schema, table }: WarehouseDatabase): string {
  return JSON.stringify([url.namespace, url.name, url.key, schema, table]);
}

/** What all rows of a table say of their registrations. */
export async function observeTable(
  { url, ...table }: WarehouseDatabase,
  sources: CredentialSources,
  signal: AbortSignal,
): Promise<Records> {
  const records = await ask(async () => {
    const text = await resolveCredential({ secret: url }, sources);
    return withClient(parseConnection(text, {}, { signal, isInteractive: false }), (client) =>
      readRecords(client, table),
    );
  });
  return 'value' in records ? records : { unknown: sources.redactions.apply(records.unknown) };
}
