import type { WarehouseRecord } from '../source/warehouse-record.ts';
import { valueForMessage } from '../text/credential-form.ts';

/** Whether an org is rendered, keeps its committed manifests while its state is transient, or leaves. */
export type Verdict =
  | { readonly kind: 'render' }
  | {
      readonly kind: 'skip';
      readonly reason: string;
      /** Whether the committed manifests stay. */
      readonly keep: boolean;
    };

const usable = ['ready', 'provisioning'];
const leaving = ['deleting', 'deleted'];

/** `iceberg_state` of a row whose org is retired. */
export const retiredState = 'retired';

/**
 * Decides whether an org is rendered: Iceberg is enabled, its backend is `lakekeeper` and its warehouse is usable. In a
 * transient state of the warehouse (pending, failed, unknown), a registered org is rendered, because engines use its
 * catalog, and another one keeps its committed manifests.
 */
export function gate(record: WarehouseRecord): Verdict {
  if (leaving.includes(record.state)) return skip(`state is ${record.state}`, false);
  if (!record.icebergEnabled) return skip('Iceberg is not enabled (iceberg_enabled)', false);
  if (record.icebergBackend !== 'lakekeeper')
    return skip(`backend is ${valueForMessage(record.icebergBackend)}, not lakekeeper`, false);
  if (record.recorded.endpoint !== undefined || usable.includes(record.state)) return { kind: 'render' };
  return skip(
    record.state === ''
      ? 'state is empty'
      : `state is ${valueForMessage(record.state)}, not ready or provisioning`,
    true,
  );
}

function skip(reason: string, keep: boolean): Verdict {
  return { kind: 'skip', reason, keep };
}
