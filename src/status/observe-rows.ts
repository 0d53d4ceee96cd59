import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { KubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import { listObjects } from '../clients/kubernetes/list.ts';
import { parseConnection } from '../clients/postgres/connection.ts';
import { withClient } from '../clients/postgres/postgres-client.ts';
import { recordTable } from '../mapping/record-table.ts';
import { type ResourceTarget, recordInResource } from '../mapping/recorded-resource.ts';
import { resourceRecord } from '../mapping/resource-record.ts';
import { sourceMapping } from '../mapping/source-mapping.ts';
import { type CredentialSources, resolveCredential } from '../registration/resolve-credential.ts';
import { readRecords } from '../registration/row/observe.ts';
import { type Observed, observe } from './observed.ts';

/** Where rows have the registrations of several orgs. */
type RowTarget = Exclude<RegistrationInputs['record']['target'], { configMap: unknown }>;
export type Records = Observed<ReadonlyMap<string, Readonly<Record<string, unknown>>>>;

/** Identifies the table of a row, or the kind of its resource; undefined when there is no row. */
export function tableKey(target: RegistrationInputs['record']['target']): string | undefined {
  if ('configMap' in target) return undefined;
  if ('resource' in target) {
    const { group, version, plural, namespace, place } = target.resource;
    return JSON.stringify([group, version, plural, namespace, place]);
  }
  const { url, schema, table } = target.warehouseDatabase;
  return JSON.stringify([url.namespace, url.name, url.key, schema, table]);
}

/** The registrations in all rows of a table, or in all resources of a namespace. */
export async function observeTable(
  target: RowTarget,
  sources: CredentialSources,
  signal: AbortSignal,
): Promise<Records> {
  const records = await observe(async () => {
    if ('resource' in target) return recordsInResources(sources.kubernetes, target.resource);
    const { url, ...table } = target.warehouseDatabase;
    const text = await resolveCredential({ secret: url }, sources);
    return withClient(parseConnection(text, {}, { signal, isInteractive: false }), (client) =>
      readRecords(client, recordTable(table)),
    );
  });
  return 'value' in records ? records : { unknown: sources.redactions.apply(records.unknown) };
}

async function recordsInResources(
  client: KubernetesClient,
  { namespace, mapping, place, ...resource }: ResourceTarget,
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  const its = sourceMapping(mapping);
  const found = await listObjects(client, { resource, namespace }, (object) => {
    const { columns } = resourceRecord(its, resource, object);
    return [String((columns as { org_id?: unknown }).org_id), recordInResource(object, place)] as const;
  });
  return new Map(found.values());
}
