import type { ErrorOutcome, OutcomeRow } from '../../../text/outcome-row.ts';

/**
 * The meaning of the reasons in the operator's conditions while a catalog is not ready. For `try again`, the run waits
 * until its deadline. Sources: docs/facts/lakekeeper-crd.md §7 and the recordings in
 * test/contracts/recordings/operator.
 */
export const operatorReasons = {
  SecretValidationFailed: row(
    'try again',
    'a Secret, or a key of one, does not exist, or the operator has not seen it yet',
    "nothing for the org's own Secret, which registration writes; create any other",
  ),
  MigrationInProgress: row('try again', 'the migration runs', 'nothing'),
  MigrationJobCreationFailed: row(
    'try again',
    'the migration Job cannot be created',
    'read the message of the API server; correct the settings, or what admission changes',
  ),
  MigrationFailed: row(
    'needs a person',
    'the migration failed and is not retried',
    'run it again and watch it: kubectl delete job, then kubectl logs -f',
  ),
  DeploymentReconciliationFailed: row(
    'try again',
    'the Deployment cannot be written',
    'nothing for a conflict; else read the message of the API server, or check the owner of the Deployment',
  ),
  ServiceReconciliationFailed: row(
    'try again',
    'a Service cannot be written',
    'nothing for a conflict; else read the message of the API server, or check the owner of the Service',
  ),
  MinimumReplicasUnavailable: row(
    'try again',
    'pods start, or do not become ready',
    'nothing while they start; else kubectl describe and logs of the pods',
  ),
  NoPodsReady: row(
    'try again',
    'no pod is ready',
    'nothing while they start; else kubectl describe and logs of the pods',
  ),
  ScaledToZero: row('needs a person', 'there is no server to register with', 'scale the catalog up'),
  NotBootstrapped: row(
    'try again',
    'the operator is configured not to bootstrap the server',
    'nothing with authentication, where the Job does it; else set spec.bootstrap.enabled',
  ),
  ServerNotReachable: row('try again', 'the operator does not reach the server yet', 'nothing'),
  BootstrapFailed: row(
    'try again',
    'the operator could not bootstrap the server',
    'nothing if another client did; else read the message of the server',
  ),
} as const satisfies Record<string, ReasonRow>;

/** The condition `Failed` of the migration Job, with any reason. */
const failedJob: OutcomeRow = {
  answer: 'Job of the migration: `Failed`, any reason',
  meaning: 'the migration failed and is not retried, whatever the operator says',
  outcome: 'needs a person',
  whatToDo: operatorReasons.MigrationFailed.whatToDo,
};

/**
 * Conditions of the Deployment while a roll-out makes no progress
 * (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment). Kubernetes goes on trying.
 */
export const deploymentConditions = {
  ReplicaFailure: {
    answer: 'Deployment: `ReplicaFailure` is True, reason `FailedCreate`',
    meaning: 'a quota, a webhook, a policy or a missing ServiceAccount prevents the creation of pods',
    outcome: 'try again',
    whatToDo: 'read the message of the API server; raise the quota, or change what refuses the pods',
  },
  Progressing: {
    answer: 'Deployment: `Progressing` is False, reason `ProgressDeadlineExceeded`',
    meaning: 'pods are not scheduled, or do not become ready',
    outcome: 'try again',
    whatToDo: 'kubectl describe and logs of the pods',
  },
} as const satisfies Record<string, OutcomeRow>;

const otherReason: OutcomeRow = {
  answer: 'any other reason',
  meaning: 'the operator is not finished',
  outcome: 'try again',
  whatToDo: 'nothing; if it persists, read its message',
};

type ReasonRow = Omit<OutcomeRow, 'answer'>;

function row(outcome: ErrorOutcome, meaning: string, whatToDo: string): ReasonRow {
  return { outcome, meaning, whatToDo };
}

/** What a reason means. */
export function outcomeOfReason(reason: string | undefined): ReasonRow {
  const rows: Readonly<Record<string, ReasonRow>> = operatorReasons;
  return (reason !== undefined && Object.hasOwn(rows, reason) && rows[reason]) || otherReason;
}

/** The table, for `docs/reference.md`. */
export function operatorOutcomes(): OutcomeRow[] {
  const rows = Object.entries(operatorReasons).map(([reason, of]) => ({ answer: `\`${reason}\``, ...of }));
  return [...rows, failedJob, ...Object.values(deploymentConditions), otherReason];
}
