import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { recordColumns } from '../mapping/record-columns.ts';
import { recordTable } from '../mapping/record-table.ts';
import { namesInResource } from '../mapping/recorded-resource.ts';
import { failureIn, isRegisteredRecord } from '../registration/row/plan.ts';
import { recordOfRegistration } from '../registration/row/registration-record.ts';
import type { OrgObservation } from './observation.ts';
import { pendingActions, registerCommand, type Situation, unknownFinding } from './situation.ts';
import type { Finding } from './verdict.ts';

const tokenEndpoint = 'iceberg_lakekeeper_o_auth2_server_uri';

/** Whether the row says that the org was registered. An unreadable row counts as registered. */
export function isRegistered({ row }: OrgObservation): boolean {
  return 'unknown' in row || (row.value !== undefined && isRegisteredRecord(row.value));
}

/** Whether the row has the org's registration. */
export function rowFindings(situation: Situation): Finding[] {
  const { inputs, row } = situation.observation;
  if ('unknown' in row) return unknownFinding('row', row.unknown);
  const record = recordOfRegistration(inputs);
  const found = row.value ?? {};
  const { authentication } = inputs;
  const isPreparing = authentication.mode !== 'none' && authentication.rollout === 'prepare';
  const columns = columnsOf(inputs);
  const differs = (column: (typeof recordColumns)[number]) =>
    columns.has(column) && record[column] !== (found[column] ?? undefined);
  // Written when all workers can log in, and not before.
  const differing = recordColumns.filter(
    (column) => differs(column) && !(isPreparing && situation.isRegistered && column === tokenEndpoint),
  );
  const failure = failureIn(found, 'configMap' in inputs.record.target);
  if (failure !== undefined) {
    const command = registerCommand(inputs.org);
    const what = `the last registration failed: ${failure}`;
    const isFinal = found.iceberg_state === 'failed';
    // A registered org stays ready after a failed run. The cause has its own finding.
    const verdict = situation.isRegistered ? 'drifted' : isFinal ? 'broken' : 'waiting';
    return [{ verdict, subject: 'row', what, command }];
  }
  if (differing.length === 0 && differs(tokenEndpoint))
    return [
      {
        verdict: 'waiting',
        subject: 'row',
        what: "workers that cannot log in yet: the row has no token endpoint; registration's output names them",
        command: registerCommand(inputs.org),
      },
    ];
  if (differing.length === 0) return [];
  return pendingActions(situation, 'row', [
    situation.isRegistered
      ? `write ${differing.map((column) => columns.get(column)).join(', ')} of the row`
      : 'write the endpoint into the row',
  ]);
}

/** The columns of the record, and their names in its table. */
function columnsOf({ record: { target } }: RegistrationInputs): ReadonlyMap<string, string> {
  if ('warehouseDatabase' in target) return recordTable(target.warehouseDatabase).columns;
  if ('resource' in target) return namesInResource(target.resource.place);
  return new Map(recordColumns.map((column) => [column, column]));
}
