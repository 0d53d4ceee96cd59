import { isDeepStrictEqual } from 'node:util';
import { orgKey, orgLabel } from '../../catalog/names.ts';
import { partOf } from '../../catalog/object-labels.ts';
import type { RegistrationInputs } from '../../catalog/registration-inputs.ts';
import type { KubernetesClient, ObjectAddress } from '../../clients/kubernetes/kubernetes-client.ts';
import { parseConnection } from '../../clients/postgres/connection.ts';
import { withClient } from '../../clients/postgres/postgres-client.ts';
import { recordColumns } from '../../mapping/record-columns.ts';
import { recordTable } from '../../mapping/record-table.ts';
import type { OrgId } from '../../source/warehouse-record.ts';
import { ensureConfigMap, readConfigMap } from '../objects/configmap-objects.ts';
import { type CredentialSources, resolveCredential } from '../resolve-credential.ts';
import { recordFailure, recordSuccess } from './apply.ts';
import { fitted, type RowAsRead, readRecord, readRow } from './observe.ts';
import { differingColumns, isRegistered, reasonToStop, saysAll, saysRegistered } from './plan.ts';
import type { RegistrationFailure, RegistrationRecord } from './registration-record.ts';

/** The org's row in the control plane's database; a ConfigMap stands for it when the warehouses come from a file. */
export interface Row {
  /** Why the org is not to be registered any more; undefined to go on. */
  reasonToStop(): Promise<string | undefined>;
  /** What it says of a registration, as this run last read it; undefined when nothing is there. */
  recorded(): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Whether the row says all of the record already, and nothing of a failure. As `reasonToStop` last read it. */
  saysAll(record: RegistrationRecord): Promise<boolean>;
  /** The columns whose values differ from the record's. */
  differences(record: RegistrationRecord): Promise<readonly string[]>;
  /** `closed`: disabled or gone meanwhile, and left as it is. */
  recordSuccess(record: RegistrationRecord): Promise<'created' | 'updated' | 'unchanged' | 'closed'>;
  /** `unchanged`: it says so already; `closed`: as of `recordSuccess`. */
  recordFailure(failure: RegistrationFailure): Promise<'created' | 'updated' | 'unchanged' | 'closed'>;
}

/** How long a run that is ended may take to record why, in milliseconds: Kubernetes kills after 30 s. */
export const shutdownTimeoutMs = 4000;

/** What a row is opened with. */
export interface RowPorts {
  readonly sources: CredentialSources;
  /** Ends what is under way, but a failure's record: that is the record of just that end. */
  readonly signal: AbortSignal;
  /** A client of the cluster that outlives the signal. */
  readonly shutdownClient: KubernetesClient;
}

/**
 * Opens the org's row. Nothing is read yet but the URL of its database.
 *
 * @throws an error that names the Secret that should hold the URL.
 */
export async function openRow(inputs: RegistrationInputs, ports: RowPorts): Promise<Row> {
  const { sources, signal } = ports;
  const { target } = inputs.record;
  if ('configMap' in target) return configMapRow(inputs.org, target.configMap, ports);
  const { url, ...described } = target.warehouseDatabase;
  const text = await resolveCredential({ secret: url }, { ...sources, secrets: sources.recentSecrets });
  const { beforeConnect } = sources;
  const connection = parseConnection(text, {}, { signal, isInteractive: false, beforeConnect });
  // As it was when it was last read: an org in order takes one connection, and nothing is asked twice.
  let seen: RowAsRead | undefined;
  let table = recordTable(described);
  return {
    reasonToStop: async () => {
      seen = await withClient(connection, async (client) => {
        table = await fitted(client, table);
        return readRow(client, table, inputs.org);
      });
      return table.source === undefined ? undefined : reasonToStop(seen?.row);
    },
    recorded: async () => seen?.record,
    saysAll: async (record) => seen !== undefined && saysAll(seen, record),
    differences: (record) =>
      withClient(connection, async (client) =>
        differingColumns(await readRecord(client, table, inputs.org), record).map(
          (column) => table.columns.get(column) ?? column,
        ),
      ),
    recordSuccess: async (record) => {
      if (seen !== undefined && saysAll(seen, record)) return 'unchanged';
      return withClient(connection, (client) => recordSuccess(client, table, inputs.org, record));
    },
    recordFailure: async (failure) => {
      const signal = AbortSignal.timeout(shutdownTimeoutMs);
      const parting = parseConnection(text, {}, { signal, isInteractive: false });
      const wasRegistered = seen !== undefined && isRegistered(seen);
      return withClient(parting, (client) =>
        recordFailure(client, table, inputs.org, failure, wasRegistered),
      );
    },
  };
}

function configMapRow(org: string, at: ObjectAddress, { sources, shutdownClient }: RowPorts): Row {
  const labels = { ...partOf, [orgKey]: orgLabel(org as OrgId) };
  const annotations = { [orgKey]: org };
  const { kubernetes } = sources;
  // Read once in an attempt.
  let seen: Promise<Readonly<Record<string, string>> | undefined> | undefined;
  const read = () => (seen ??= readConfigMap(kubernetes, at).then((found) => found?.data));
  return {
    reasonToStop: async () => {
      seen = undefined;
      return undefined;
    },
    recorded: read,
    saysAll: async (record) => isDeepStrictEqual({ ...(await read()) }, { ...record }),
    differences: async (record) => {
      const { data = {} } = (await readConfigMap(kubernetes, at)) ?? {};
      return recordColumns.filter((column) => record[column] !== data[column]);
    },
    recordSuccess: (record) => ensureConfigMap(kubernetes, at, { labels, annotations, data: { ...record } }),
    recordFailure: async ({ state, message, nextStep = '' }) => {
      const { data = {} } = (await readConfigMap(shutdownClient, at)) ?? {};
      const told = {
        ...data,
        iceberg_state: saysRegistered(data) ? 'ready' : state,
        status_message: message + nextStep,
      };
      return ensureConfigMap(shutdownClient, at, { labels, annotations, data: told });
    },
  };
}
