import { retiredState } from '../../catalog/gate.ts';
import { cutMessage } from './message.ts';
import { messagePrefix } from './plan.ts';

/** Columns that retirement writes. */
export const retirementColumns = ['iceberg_state', 'iceberg_lakekeeper_endpoint', 'status_message'] as const;
export type RetirementRecord = Readonly<Record<(typeof retirementColumns)[number], string>>;

/** The values that retirement writes into the org's row. @param message what was done, and what remains. */
export function recordOfRetirement(message: string): RetirementRecord {
  return {
    iceberg_state: retiredState,
    // Engines must not attach a catalog that is gone, and an org with an endpoint counts as registered.
    iceberg_lakekeeper_endpoint: '',
    status_message: cutMessage(messagePrefix + message),
  };
}

/** Whether a row, or the ConfigMap in its place, says all of the record. Columns that it does not have do not count. */
export function saysRetirement(
  found: Readonly<Record<string, unknown>> | undefined,
  record: RetirementRecord,
): boolean {
  if (found === undefined) return false;
  return retirementColumns.every((column) => !(column in found) || found[column] === record[column]);
}

/**
 * The message of a retirement that failed. The state of the row stays: where it merely did not reach something, the
 * next run goes on.
 */
export function retirementFailure(reason: string, needsPerson: boolean): string {
  return cutMessage(messagePrefix + (needsPerson ? failures.final : failures.transient) + reason);
}

/** The failure of a retirement that a record has; undefined if there is none. */
export function retirementFailureIn(
  record: Readonly<Record<string, unknown>>,
): { readonly what: string; readonly needsPerson: boolean } | undefined {
  const { status_message: message, iceberg_state: state } = record;
  if (typeof message !== 'string' || state === retiredState || !message.startsWith(messagePrefix))
    return undefined;
  const what = message.slice(messagePrefix.length);
  const needsPerson = what.startsWith(failures.final);
  return needsPerson || what.startsWith(failures.transient) ? { what, needsPerson } : undefined;
}

const failures = { final: 'its retirement failed: ', transient: 'its retirement is not done yet: ' };
