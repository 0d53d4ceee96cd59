import { explain, PermanentError } from '../text/errors.ts';
import { shellOption } from '../text/shell.ts';
import type { OrgObservation } from './observation.ts';
import type { Finding, Subject } from './verdict.ts';

/** Input of the findings about one org. */
export interface Situation {
  readonly observation: OrgObservation;
  /** Whether the org was registered before: then a pending action is drift, otherwise the org waits for it. */
  readonly isRegistered: boolean;
}

export const synthCommand = 'lakekeeper-gitops synth';

export function registerCommand(org: string): string {
  return `lakekeeper-gitops register ${shellOption('--org', org)}`;
}

export function retireCommand(org: string): string {
  return `lakekeeper-gitops retire ${shellOption('--org', org)}`;
}

export function describeCommand({ catalog }: OrgObservation['inputs']): string {
  return `kubectl -n ${catalog.namespace} describe lakekeeper ${catalog.name}`;
}

/** The finding for what a run of registration would do; none if there is nothing to do. */
export function pendingActions(
  situation: Situation,
  subject: Subject,
  actions: readonly string[],
): Finding[] {
  if (actions.length === 0) return [];
  const { isRegistered, observation } = situation;
  const { org } = observation.inputs;
  const steps = actions.join(', ');
  const command = registerCommand(org);
  return isRegistered
    ? [{ verdict: 'drifted', subject, what: `registration would ${steps}`, command }]
    : [{ verdict: 'waiting', subject, what: `registration, which has to ${steps}`, command }];
}

/** The finding for something that could not be observed. @param why for people. */
export function unknownFinding(subject: Subject, why: string): Finding[] {
  return [{ verdict: 'unknown', subject, what: why }];
}

/**
 * A PermanentError of the plan becomes a finding `broken`: its message says what a person has to do before registration
 * can go on, so no command does. @throws any other error.
 */
export function brokenIfPermanent(subject: Subject, judge: () => Finding[]): Finding[] {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return [{ verdict: 'broken', subject, what: explain(error) }];
  }
}
