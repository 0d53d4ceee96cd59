import { retiredState } from '../../catalog/gate.ts';
import type { RawRecord } from '../../mapping/raw-record.ts';
import { recordColumns } from '../../mapping/record-columns.ts';
import { parseWarehouseRecord, type WarehouseRecord } from '../../source/warehouse-record.ts';
import { PermanentError } from '../../text/errors.ts';
import type { ObservedRecord, ObservedRow } from './observe.ts';
import type { RegistrationRecord } from './registration-record.ts';

/**
 * Why the org must not be registered any more, by its current row. Hours may pass between rendering and registration,
 * and the org may have been disabled or deleted since.
 *
 * @returns undefined if it may be registered.
 */
export function reasonToStop(row: RawRecord | undefined): string | undefined {
  if (row === undefined) return 'the org has no row any more';
  const parsed = parseWarehouseRecord(row);
  if (!parsed.ok)
    return `the row is broken: ${parsed.problems.map(({ at, message }) => `${at} ${message}`).join('; ')}`;
  return reasonToLeave(parsed.record);
}

/** Why the org of a row is not to have a catalog; undefined when it is. */
function reasonToLeave({ state, icebergEnabled, icebergBackend }: WarehouseRecord): string | undefined {
  if (state === 'deleting' || state === 'deleted') return `the warehouse is ${state}`;
  if (!icebergEnabled) return 'Iceberg is disabled';
  if (icebergBackend !== 'lakekeeper') return `the backend is ${icebergBackend} now`;
  return undefined;
}

/**
 * Whether an org may be retired, by its current row. It may have been enabled again since its retirement was rendered.
 *
 * @throws PermanentError for an invalid row, which does not say whether the org left.
 */
export function isClosed(row: RawRecord): boolean {
  const parsed = parseWarehouseRecord(row);
  if (parsed.ok) return reasonToLeave(parsed.record) !== undefined;
  const problems = parsed.problems.map(({ at, message }) => `${at} ${message}`).join('; ');
  throw new PermanentError(
    `the row is invalid, so that the org is not retired: ${problems}; correct the row`,
  );
}

/** The prefix of our messages in `status_message`. The control plane writes that column too. */
export const messagePrefix = 'lakekeeper-gitops: ';

/** Whether the row has all values of the record, and no message of a failed registration. */
export function isUpToDate({ record: found }: ObservedRow, record: RegistrationRecord): boolean {
  const isOfFailure =
    typeof found.status_message === 'string' && found.status_message.startsWith(messagePrefix);
  return !isOfFailure && differingColumns(found, record).length === 0;
}

/** The columns whose values differ, without those that are not mapped. */
export function differingColumns(
  found: ObservedRecord,
  record: RegistrationRecord,
): (typeof recordColumns)[number][] {
  return recordColumns.filter((column) => column in found && found[column] !== record[column]);
}

/**
 * Whether a record is that of a registered org.
 *
 * @param record the columns of a row, or the data of a ConfigMap that replaces it.
 */
export function isRegisteredRecord(record: Readonly<Record<string, unknown>>): boolean {
  const { iceberg_state: state, iceberg_lakekeeper_endpoint: endpoint } = record;
  // A table may have a column for one of them only.
  if (state === undefined) return Boolean(endpoint);
  return state === 'ready' && (endpoint === undefined || Boolean(endpoint));
}

/**
 * The message of a failed registration; undefined if there is none.
 *
 * @param isOurs whether only registration writes messages into the record, as for a ConfigMap.
 */
export function failureIn(record: Readonly<Record<string, unknown>>, isOurs: boolean): string | undefined {
  const { status_message: message, iceberg_state: state } = record;
  // A retirement has a message too.
  if (state === retiredState) return undefined;
  if (typeof message !== 'string' || message === '') return undefined;
  if (message.startsWith(messagePrefix)) return message.slice(messagePrefix.length);
  return isOurs ? message : undefined;
}
