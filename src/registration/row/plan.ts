import type { RawRecord } from '../../mapping/raw-record.ts';
import { recordColumns } from '../../mapping/record-columns.ts';
import { parseWarehouseRecord } from '../../source/warehouse-record.ts';
import type { RecordAsRead, RowAsRead } from './observe.ts';
import type { RegistrationRecord } from './registration-record.ts';

/**
 * Whether the org is still to be registered, from its row as it is now. Rendering and registering are hours
 * apart, or more: the org may have been disabled, deleted or dropped in between, and then nothing is touched.
 *
 * @returns why to stop; undefined to go on.
 */
export function reasonToStop(row: RawRecord | undefined): string | undefined {
  if (row === undefined) return 'the org has no row any more';
  const parsed = parseWarehouseRecord(row);
  if (!parsed.ok)
    return `the row is broken: ${parsed.problems.map(({ at, message }) => `${at} ${message}`).join('; ')}`;
  const { state, icebergEnabled, icebergBackend } = parsed.record;
  if (state === 'deleting' || state === 'deleted') return `the warehouse is ${state}`;
  if (!icebergEnabled) return 'Iceberg is disabled';
  if (icebergBackend !== 'lakekeeper') return `the backend is ${icebergBackend} now`;
  return undefined;
}

/** Begins every message of ours in `status_message`, a column that the control plane writes too. */
export const sender = 'lakekeeper-gitops: ';

/** Whether the row says all of the record already, and nothing of a failure: then there is nothing to write. */
export function saysAll({ record: found }: RowAsRead, record: RegistrationRecord): boolean {
  const isOfFailure = typeof found.status_message === 'string' && found.status_message.startsWith(sender);
  return !isOfFailure && differingColumns(found, record).length === 0;
}

/** The columns whose values differ, as far as the table has them. */
export function differingColumns(
  found: RecordAsRead,
  record: RegistrationRecord,
): (typeof recordColumns)[number][] {
  return recordColumns.filter((column) => column in found && found[column] !== record[column]);
}

/** As `recordFailure` understands it. */
export function isRegistered({ record }: RowAsRead): boolean {
  return saysRegistered(record);
}

/** @param record the columns of a row, or the data of a ConfigMap in its place. */
export function saysRegistered(record: Readonly<Record<string, unknown>>): boolean {
  const { iceberg_state: state, iceberg_lakekeeper_endpoint: endpoint } = record;
  // A table may lack one of them.
  if (state === undefined) return Boolean(endpoint);
  return state === 'ready' && (endpoint === undefined || Boolean(endpoint));
}

/**
 * What it says of a failed registration; undefined when it says nothing of one.
 *
 * @param isOurs whether nobody else writes its messages: of a ConfigMap.
 */
export function failureIn(record: Readonly<Record<string, unknown>>, isOurs: boolean): string | undefined {
  const { status_message: message } = record;
  if (typeof message !== 'string' || message === '') return undefined;
  if (message.startsWith(sender)) return message.slice(sender.length);
  return isOurs ? message : undefined;
}
