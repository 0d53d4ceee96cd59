import { explain, PermanentError } from '../text/errors.ts';
import { shellOption } from '../text/shell.ts';
import type { OrgObservation } from './observation.ts';
import type { Finding, Subject } from './verdict.ts';

/** What the findings about one org are made from. */
export interface Situation {
  readonly observation: OrgObservation;
  /** Whether the org was registered: then what registration would do is drift, and before it is still to come. */
  readonly isRegistered: boolean;
}

export const synthCommand = 'lakekeeper-gitops synth';

export function registerCommand(org: string): string {
  return `lakekeeper-gitops register ${shellOption('--org', org)}`;
}

export function describeCommand({ catalog }: OrgObservation['inputs']): string {
  return `kubectl -n ${catalog.namespace} describe lakekeeper ${catalog.name}`;
}

/** What a run of registration would do: none of it, where nothing is to do. */
export function due(situation: Situation, subject: Subject, actions: readonly string[]): Finding[] {
  if (actions.length === 0) return [];
  const { isRegistered, observation } = situation;
  const { org } = observation.inputs;
  const steps = actions.join(', ');
  const command = registerCommand(org);
  return isRegistered
    ? [{ verdict: 'drifted', subject, what: `registration would ${steps}`, command }]
    : [{ verdict: 'waiting', subject, what: `registration, which has to ${steps}`, command }];
}

export function unknown(subject: Subject, why: string): Finding[] {
  return [{ verdict: 'unknown', subject, what: why }];
}

/** What a plan says that a person has to decide is broken. @throws anything else that it throws. */
export function orBroken(subject: Subject, command: string | undefined, judge: () => Finding[]): Finding[] {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return [{ verdict: 'broken', subject, what: explain(error), command }];
  }
}
