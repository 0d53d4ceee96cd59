import { failureIn, saysRegistered } from '../registration/row/plan.ts';
import { recordColumns, recordOfRegistration } from '../registration/row/registration-record.ts';
import type { OrgObservation } from './observation.ts';
import { pendingActions, registerCommand, type Situation, unknown } from './situation.ts';
import type { Finding } from './verdict.ts';

/** Whether the row says that the org was registered. An unreadable row counts as registered. */
export function isRegistered({ row }: OrgObservation): boolean {
  return 'unknown' in row || (row.value !== undefined && saysRegistered(row.value));
}

/** Whether the row has the org's registration. */
export function rowFindings(situation: Situation): Finding[] {
  const { inputs, row } = situation.observation;
  if ('unknown' in row) return unknown('row', row.unknown);
  const record = recordOfRegistration(inputs);
  const found = row.value ?? {};
  const differing = recordColumns.filter((column) => record[column] !== (found[column] ?? undefined));
  const failure = failureIn(found, 'configMap' in inputs.record.target);
  if (failure !== undefined) {
    const command = registerCommand(inputs.org);
    const what = `the last registration failed: ${failure}`;
    const isFinal = found.iceberg_state === 'failed';
    // A registered org stays ready after a failed run. The cause has its own finding.
    const verdict = situation.isRegistered ? 'drifted' : isFinal ? 'broken' : 'waiting';
    return [{ verdict, subject: 'row', what, command }];
  }
  if (differing.length === 0) return [];
  return pendingActions(situation, 'row', [
    situation.isRegistered ? `write ${differing.join(', ')} of the row` : 'write the endpoint into the row',
  ]);
}
