import { failureIn, saysRegistered } from '../registration/row/plan.ts';
import { recordColumns, recordOfRegistration } from '../registration/row/registration-record.ts';
import { due, registerCommand, type Situation, unknown } from './due.ts';
import type { OrgObservation } from './observation.ts';
import type { Finding } from './verdict.ts';

/** Whether the row says that the org was registered. Unknown: it may be, and then less is said to be to come. */
export function isRegistered({ row }: OrgObservation): boolean {
  return 'unknown' in row || (row.value !== undefined && saysRegistered(row.value));
}

/** What the control plane is told of the org. */
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
    // A registered org stays ready whatever a later run meets: what it met is judged by itself.
    const verdict = situation.isRegistered ? 'drifted' : isFinal ? 'broken' : 'waiting';
    return [{ verdict, subject: 'row', what, command }];
  }
  if (differing.length === 0) return [];
  return due(situation, 'row', [
    situation.isRegistered ? `write ${differing.join(', ')} of the row` : 'write the endpoint into the row',
  ]);
}
