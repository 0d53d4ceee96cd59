import type { WarehouseRecord } from '../source/warehouse-record.ts';

/** What becomes of an org: rendered; left alone as it is committed, while its state passes; or to go. */
export type Verdict =
  | { readonly kind: 'render' }
  | {
      readonly kind: 'skip';
      readonly reason: string /** Whether manifests that are committed already stay. */;
      readonly keep: boolean;
    };

const usable = ['ready', 'provisioning'];
const leaving = ['deleting', 'deleted'];

/**
 * Whether an org is rendered: Iceberg on, backend `lakekeeper`, warehouse usable; and, whatever else, an org that is
 * registered and not leaving, because engines use its catalog. A state that passes (pending, failed, one we do not
 * know) never costs an org its committed manifests.
 */
export function gate(record: WarehouseRecord): Verdict {
  if (leaving.includes(record.state)) return skip(`state is ${record.state}`, false);
  if (record.recorded.endpoint !== undefined) return { kind: 'render' };
  if (!record.icebergEnabled) return skip('Iceberg is not enabled (iceberg_enabled)', false);
  if (record.icebergBackend !== 'lakekeeper')
    return skip(`backend is ${JSON.stringify(record.icebergBackend)}, not lakekeeper`, false);
  if (usable.includes(record.state)) return { kind: 'render' };
  return skip(
    record.state === ''
      ? 'state is empty'
      : `state is ${JSON.stringify(record.state)}, not ready or provisioning`,
    true,
  );
}

function skip(reason: string, keep: boolean): Verdict {
  return { kind: 'skip', reason, keep };
}
