import type { RawRecord } from '../../source/raw-record.ts';
import { parseWarehouseRecord } from '../../source/warehouse-record.ts';

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
