import { orgKey, orgLabel } from '../catalog/names.ts';
import { partOf } from '../catalog/object-labels.ts';
import type { RetirementInputs } from '../catalog/retirement-inputs.ts';
import type { ObjectAddress } from '../clients/kubernetes/kubernetes-client.ts';
import { parseConnection } from '../clients/postgres/connection.ts';
import { withClient } from '../clients/postgres/postgres-client.ts';
import { recordTable } from '../mapping/record-table.ts';
import { ensureConfigMap, readConfigMap } from '../registration/objects/configmap-objects.ts';
import { type CredentialSources, resolveCredential } from '../registration/resolve-credential.ts';
import { recordRetirement } from '../registration/row/apply.ts';
import { fitted, readRow } from '../registration/row/observe.ts';
import { isClosed } from '../registration/row/plan.ts';
import type { RetirementRecord } from '../registration/row/retirement-record.ts';
import { readResource, writeResource } from '../registration/row/write-resource.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import { recordAddress } from './plan.ts';
import type { ObservedRecord } from './retirement-observation.ts';

/** Where an org's retirement is recorded: in its row, or in a ConfigMap. */
export interface RetirementTarget {
  read(): Promise<ObservedRecord>;
  /** @returns `closed`: the row was enabled again or is gone, and nothing was written. */
  write(
    to: 'row' | ObjectAddress,
    record: RetirementRecord,
  ): Promise<'created' | 'updated' | 'unchanged' | 'closed'>;
}

/** @throws an error that names the Secret that should hold the URL of the rows' database. */
export async function openRetirementTarget(
  inputs: RetirementInputs,
  sources: CredentialSources,
  signal: AbortSignal,
): Promise<RetirementTarget> {
  const { org, record } = inputs.registration;
  const { kubernetes } = sources;
  const readMap = async () => {
    const found = await readConfigMap(kubernetes, recordAddress(inputs));
    return found && { iceberg_state: null, ...found.data };
  };
  const writeMap = (at: ObjectAddress, data: RetirementRecord) =>
    ensureConfigMap(kubernetes, at, {
      labels: { ...partOf, [orgKey]: orgLabel(org as OrgId) },
      annotations: { [orgKey]: org },
      data: { ...data },
    });
  if ('configMap' in record.target)
    return {
      read: async () => ({ row: 'none', found: await readMap() }),
      write: (to, data) => writeMap(to === 'row' ? recordAddress(inputs) : to, data),
    };
  if ('resource' in record.target) {
    const target = record.target.resource;
    return {
      read: async () => {
        const found = await readResource(kubernetes, target, org);
        if (found === undefined) return { row: 'gone', found: await readMap() };
        return { row: isClosed(found.row) ? 'closed' : 'open', found: found.record };
      },
      write: (to, data) =>
        to === 'row'
          ? writeResource(kubernetes, { target, org, gate: 'closed' }, () => data)
          : writeMap(to, data),
    };
  }
  const { url, ...described } = record.target.warehouseDatabase;
  const { beforeConnect } = sources;
  const text = await resolveCredential({ secret: url }, sources);
  let table = recordTable(described);
  const connection = parseConnection(text, {}, { signal, isInteractive: false, beforeConnect });
  return {
    read: async () => {
      const found = await withClient(connection, async (client) => {
        table = await fitted(client, table);
        return readRow(client, table, org);
      });
      if (found === undefined) return { row: 'gone', found: await readMap() };
      // A row that is elsewhere cannot be asked: Git says that the org left.
      const isLeft = found.row === undefined || isClosed(found.row);
      return { row: isLeft ? 'closed' : 'open', found: found.record };
    },
    write: (to, data) =>
      to === 'row'
        ? withClient(connection, (client) => recordRetirement(client, table, org, data))
        : writeMap(to, data),
  };
}
