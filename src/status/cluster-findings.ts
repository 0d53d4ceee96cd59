import { settledCriteria } from '../registration/catalog/ensure-catalog.ts';
import { conditionText } from '../registration/catalog/roll-out/operator-conditions.ts';
import { planCatalog } from '../registration/catalog/roll-out/plan.ts';
import type { JobObject } from '../registration/objects/operator-objects.ts';
import { planNote } from '../registration/secret/start-values.ts';
import { PermanentError } from '../text/errors.ts';
import type { OrgObservation } from './observation.ts';
import {
  describeCommand,
  pendingActions,
  registerCommand,
  type Situation,
  synthCommand,
  unknownFinding,
} from './situation.ts';
import type { Finding, Subject } from './verdict.ts';

/** Whether the manifests are committed as synth would write them. */
export function manifestFindings({ observation: { committed } }: Situation): Finding[] {
  if ('unknown' in committed) return unknownFinding('manifests', committed.unknown);
  const subject = 'manifests';
  switch (committed.value) {
    case 'same':
      return [];
    case 'missing':
      return [
        {
          verdict: 'waiting',
          subject,
          what: 'its manifests, which are not committed',
          command: synthCommand,
        },
      ];
    case 'differs':
      return [
        {
          verdict: 'drifted',
          subject,
          what: 'the committed manifests are not what row and settings say',
          command: 'lakekeeper-gitops plan',
        },
      ];
  }
}

/** Whether Argo CD has applied them. What is not committed yet cannot be applied. */
export function argoFindings({ observation }: Situation): Finding[] {
  const { committed, applied } = observation;
  if ('unknown' in applied) return unknownFinding('Argo CD', applied.unknown);
  if (('value' in committed && committed.value !== 'same') || applied.value === 'same') return [];
  const what =
    applied.value === 'missing'
      ? 'Argo CD, which has not applied the manifests'
      : 'Argo CD, which has not applied the last change of the manifests';
  return [{ verdict: 'waiting', subject: 'Argo CD', what, command: describeCommand(observation.inputs) }];
}

/** The roll-out of the catalog: what registration would wait for, or why waiting does not help. */
export function catalogFindings(situation: Situation): Finding[] {
  const { observation } = situation;
  const { catalog, inputs, startValues, applied } = observation;
  if ('unknown' in catalog) return unknownFinding('catalog', catalog.unknown);
  const { lakekeeper } = catalog.value;
  const subject = 'catalog';
  const command = describeCommand(inputs);
  if (lakekeeper?.metadata.deletionTimestamp !== undefined)
    return [
      {
        verdict: 'drifted',
        subject,
        what:
          'the Lakekeeper resource is being deleted, but the org is not to retire; let the deletion end, then sync ' +
          'the org in Argo CD',
        command,
      },
    ];
  if (lakekeeper === undefined) {
    // Another finding has it, if the manifests are not applied.
    if ('value' in applied && applied.value !== 'same') return [];
    const what =
      'the Lakekeeper resource does not exist, but its manifests are applied; sync the org in Argo CD';
    return [{ verdict: 'drifted', subject, what, command }];
  }
  // The operator waits for the Secret, which has its own finding.
  if ('unknown' in startValues || startValues.value.secret === undefined) return [];
  const changedAt = changedAtOf(observation);
  if (changedAt === undefined) return [];
  const step = planCatalog(catalog.value, settledCriteria({ inputs }, changedAt));
  switch (step.kind) {
    case 'settled':
      return [];
    case 'fail':
      return [{ verdict: 'broken', subject, what: step.message, command }];
    case 'replacePod':
      return pendingActions(situation, subject, [`replace pods: ${step.for}`]);
    case 'requestReconcile':
      return pendingActions(situation, subject, [`request a reconcile of the operator: ${step.for}`]);
    case 'wait':
      return [{ verdict: 'waiting', subject, what: step.for, command }];
  }
}

/** When the values of pods last changed, in milliseconds; undefined if the Secret is broken. */
export function changedAtOf(seen: Pick<OrgObservation, 'inputs' | 'startValues'>): number | undefined {
  const { startValues } = seen;
  if ('unknown' in startValues) return undefined;
  try {
    // Values that registration would write are not those of the running pods.
    return planNote(startValues.value, { data: {} }, 0).changedAt;
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

/** Hook Jobs of the last sync. */
export function jobFindings(situation: Situation): Finding[] {
  const { hookJobs, inputs } = situation.observation;
  const subject = 'registration';
  if ('unknown' in hookJobs) return unknownFinding(subject, hookJobs.unknown);
  return (
    hookJobs.value
      .flatMap((job) => jobFinding(job, subject, registerCommand(inputs.org)))
      // A later run may have registered it.
      .filter(({ verdict }) => verdict !== 'broken' || !situation.isRegistered)
  );
}

/** Whether a hook Job runs or has failed. One that failed is not run again for the same commit. */
export function jobFinding(
  { metadata, status }: JobObject,
  subject: Subject,
  command: string | undefined,
): Finding[] {
  const failed = status?.conditions?.find((one) => one.type === 'Failed' && one.status === 'True');
  const name = `${metadata.namespace}/${metadata.name}`;
  if (failed !== undefined) {
    const what = `the Job ${name} failed (${conditionText(failed)}), and is not run again for the same commit`;
    return [{ verdict: 'broken', subject, what, command }];
  }
  return (status?.active ?? 0) > 0
    ? [{ verdict: 'waiting', subject, what: `the Job ${name}, which runs` }]
    : [];
}
