import { retiredState } from '../../catalog/gate.ts';
import type { RawRecord } from '../../source/raw-record.ts';
import { parseWarehouseRecord, type WarehouseRecord } from '../../source/warehouse-record.ts';
import { PermanentError } from '../../text/errors.ts';
import type { RowAsRead } from './observe.ts';
import { type RegistrationRecord, recordColumns } from './registration-record.ts';

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
 * Whether an org may be retired, from its row as it is now: it may have been enabled again since its retirement was
 * rendered.
 *
 * @throws PermanentError for a row that is broken: what it says of the org is not known.
 */
export function isClosed(row: RawRecord): boolean {
  const parsed = parseWarehouseRecord(row);
  if (parsed.ok) return reasonToLeave(parsed.record) !== undefined;
  const problems = parsed.problems.map(({ at, message }) => `${at} ${message}`).join('; ');
  throw new PermanentError(`the row is broken, so that the org is not retired: ${problems}; correct the row`);
}

/** Begins every message of ours in `status_message`, a column that the control plane writes too. */
export const sender = 'lakekeeper-gitops: ';

/** Whether the row says all of the record already, and nothing of a failure: then there is nothing to write. */
export function saysAll({ record: found }: RowAsRead, record: RegistrationRecord): boolean {
  const isOfFailure = typeof found.status_message === 'string' && found.status_message.startsWith(sender);
  return !isOfFailure && recordColumns.every((column) => found[column] === record[column]);
}

/** As `recordFailure` understands it. */
export function isRegistered({ record }: RowAsRead): boolean {
  return saysRegistered(record);
}

/** @param record the columns of a row, or the data of a ConfigMap in its place. */
export function saysRegistered(record: Readonly<Record<string, unknown>>): boolean {
  return record.iceberg_state === 'ready' && Boolean(record.iceberg_lakekeeper_endpoint);
}

/**
 * What it says of a failed registration; undefined when it says nothing of one.
 *
 * @param isOurs whether nobody else writes its messages: of a ConfigMap.
 */
export function failureIn(record: Readonly<Record<string, unknown>>, isOurs: boolean): string | undefined {
  const { status_message: message, iceberg_state: state } = record;
  // A retirement has a message too.
  if (state === retiredState) return undefined;
  if (typeof message !== 'string' || message === '') return undefined;
  if (message.startsWith(sender)) return message.slice(sender.length);
  return isOurs ? message : undefined;
}
