import { retiredState } from '../catalog/gate.ts';
import { orgKey, orgLabel } from '../catalog/names.ts';
import { partOf } from '../catalog/object-labels.ts';
import type { RetirementInputs } from '../catalog/retirement-inputs.ts';
import type { ObjectAddress } from '../clients/kubernetes/kubernetes-client.ts';
import { parseConnection } from '../clients/postgres/connection.ts';
import { withClient } from '../clients/postgres/postgres-client.ts';
import { recordTable } from '../mapping/record-table.ts';
import { resources } from '../registration/objects/cluster-objects.ts';
import { ensureConfigMap, readConfigMap } from '../registration/objects/configmap-objects.ts';
import { type CredentialSources, resolveCredential } from '../registration/resolve-credential.ts';
import { recordRetirement, recordRetirementFailure } from '../registration/row/apply.ts';
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
  /** Records why the org could not be retired, unless it is retired or was enabled again. */
  writeFailure(message: string): Promise<void>;
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
  const labels = { ...partOf, [orgKey]: orgLabel(org as OrgId) };
  const annotations = { [orgKey]: org };
  const writeMap = (at: ObjectAddress, data: RetirementRecord) =>
    ensureConfigMap(kubernetes, at, { labels, annotations, data: { ...data } });
  // Refused with a conflict when another run has recorded the retirement meanwhile.
  const writeFailureToMap = async (message: string) => {
    const { namespace, name } = recordAddress(inputs);
    const found = await readConfigMap(kubernetes, { namespace, name });
    if (found?.data?.iceberg_state === retiredState) return;
    const data = { status_message: message };
    const at = { resource: resources.configMaps, namespace };
    if (found === undefined) {
      const metadata = { name, namespace, labels, annotations };
      await kubernetes.call({
        ...at,
        verb: 'create',
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
      });
    } else {
      const { resourceVersion } = found.metadata;
      await kubernetes.call({ ...at, verb: 'patch', name, body: { metadata: { resourceVersion }, data } });
    }
  };
  if ('configMap' in record.target)
    return {
      read: async () => ({ row: 'none', found: await readMap() }),
      write: (to, data) => writeMap(to === 'row' ? recordAddress(inputs) : to, data),
      writeFailure: writeFailureToMap,
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
      writeFailure: async (message) => {
        if ((await readResource(kubernetes, target, org)) === undefined) return writeFailureToMap(message);
        await writeResource(kubernetes, { target, org, gate: 'closed' }, (found) =>
          found.iceberg_state === retiredState ? {} : { status_message: message },
        );
      },
    };
  }
  const { url, ...described } = record.target.warehouseDatabase;
  const { beforeConnect } = sources;
  const text = await resolveCredential({ secret: url }, sources);
  let table = recordTable(described);
  const connection = parseConnection(text, {}, { signal, isInteractive: false, beforeConnect });
  const readTable = () =>
    withClient(connection, async (client) => {
      table = await fitted(client, table);
      return readRow(client, table, org);
    });
  return {
    read: async () => {
      const found = await readTable();
      if (found === undefined) return { row: 'gone', found: await readMap() };
      // A row that is elsewhere cannot be asked: Git says that the org left.
      const isLeft = found.row === undefined || isClosed(found.row);
      return { row: isLeft ? 'closed' : 'open', found: found.record };
    },
    writeFailure: async (message) => {
      if ((await readTable()) === undefined) return writeFailureToMap(message);
      await withClient(connection, (client) => recordRetirementFailure(client, table, org, message));
    },
    write: (to, data) =>
      to === 'row'
        ? withClient(connection, (client) => recordRetirement(client, table, org, data))
        : writeMap(to, data),
  };
}
