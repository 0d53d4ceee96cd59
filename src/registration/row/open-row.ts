import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { orgKey, orgLabel } from '../../catalog/names.ts';
import { partOf } from '../../catalog/object-labels.ts';
import type { RegistrationInputs } from '../../catalog/registration-inputs.ts';
import type { ObjectAddress } from '../../clients/kubernetes/kubernetes-client.ts';
import { parseConnection } from '../../clients/postgres/connection.ts';
import { withClient } from '../../clients/postgres/postgres-client.ts';
import { recordColumns } from '../../mapping/record-columns.ts';
import { recordTable } from '../../mapping/record-table.ts';
import type { OrgId } from '../../source/warehouse-record.ts';
import { ensureConfigMap, readConfigMap } from '../objects/configmap-objects.ts';
import { resolveCredential } from '../resolve-credential.ts';
import { recordFailure, recordSuccess } from './apply.ts';
import { fitted, type ObservedRow, readRecord, readRow } from './observe.ts';
import { differingColumns, isRegisteredRecord, isUpToDate, reasonToStop } from './plan.ts';
import { resourceRow } from './resource-row.ts';
import { type Row, type RowPorts, shutdownTimeoutMs } from './row.ts';

/**
 * Opens the org's row. Reads only the URL of its database.
 *
 * @throws Error with the name of the Secret that lacks the URL.
 */
export async function openRow(inputs: RegistrationInputs, ports: RowPorts): Promise<Row> {
  const { sources, signal } = ports;
  const { target } = inputs.record;
  if ('configMap' in target) return configMapRow(inputs.org, target.configMap, ports);
  if ('resource' in target) return resourceRow(inputs.org, target.resource, ports);
  const { url, ...described } = target.warehouseDatabase;
  const text = await resolveCredential({ secret: url }, { ...sources, secrets: sources.recentSecrets });
  const { beforeConnect, rowSessions } = sources;
  const connection = parseConnection(text, {}, { signal, isInteractive: false, beforeConnect });
  // Kept, so that an org in order needs one connection.
  let observed: ObservedRow | undefined;
  let table = recordTable(described);
  return {
    reasonToStop: async () => {
      const read = async (client: pg.Client) => {
        table = await fitted(client, table);
        return readRow(client, table, inputs.org);
      };
      observed = await (rowSessions?.withClient(text, connection, read) ?? withClient(connection, read));
      return table.source === undefined ? undefined : reasonToStop(observed?.row);
    },
    recorded: async () => observed?.record,
    isUpToDate: async (record) => observed !== undefined && isUpToDate(observed, record),
    differences: (record) =>
      withClient(connection, async (client) =>
        differingColumns(await readRecord(client, table, inputs.org), record).map(
          (column) => table.columns.get(column) ?? column,
        ),
      ),
    recordSuccess: async (record) => {
      if (observed !== undefined && isUpToDate(observed, record)) return 'unchanged';
      return withClient(connection, (client) => recordSuccess(client, table, inputs.org, record));
    },
    recordFailure: async (failure) => {
      const signal = AbortSignal.timeout(shutdownTimeoutMs);
      const lastConnection = parseConnection(text, {}, { signal, isInteractive: false });
      const wasRegistered = observed !== undefined && isRegisteredRecord(observed.record);
      return withClient(lastConnection, (client) =>
        recordFailure(client, table, inputs.org, failure, wasRegistered),
      );
    },
  };
}

function configMapRow(org: string, at: ObjectAddress, { sources, shutdownClient }: RowPorts): Row {
  const labels = { ...partOf, [orgKey]: orgLabel(org as OrgId) };
  const annotations = { [orgKey]: org };
  const { kubernetes } = sources;
  // Read once per attempt.
  let observed: Promise<Readonly<Record<string, string>> | undefined> | undefined;
  const read = () => (observed ??= readConfigMap(kubernetes, at).then((found) => found?.data));
  return {
    reasonToStop: async () => {
      observed = undefined;
      return undefined;
    },
    recorded: read,
    isUpToDate: async (record) => isDeepStrictEqual({ ...(await read()) }, { ...record }),
    differences: async (record) => {
      const { data = {} } = (await readConfigMap(kubernetes, at)) ?? {};
      return recordColumns.filter((column) => record[column] !== data[column]);
    },
    recordSuccess: (record) => ensureConfigMap(kubernetes, at, { labels, annotations, data: { ...record } }),
    recordFailure: async ({ state, message, nextStep = '' }) => {
      const { data: found = {} } = (await readConfigMap(shutdownClient, at)) ?? {};
      const data = {
        ...found,
        iceberg_state: isRegisteredRecord(found) ? 'ready' : state,
        status_message: message + nextStep,
      };
      return ensureConfigMap(shutdownClient, at, { labels, annotations, data: data });
    },
  };
}
