import { planned, type RegistrationAction, stepOf } from '../registration/actions.ts';
import { stages } from '../registration/authentication/authentication-rollout.ts';
import type { RegistrationResult } from '../registration/result.ts';
import { printable, printableLines } from '../text/printable.ts';
import { table } from '../text/table.ts';

/**
 * The result in one sentence, and what to do about a failure. It is the last line of a Job and its termination
 * message.
 */
export function sentence(of: RegistrationResult): string {
  return printableLines(plainSentence(of));
}

function plainSentence({ org, result, detail, actions, authentication }: RegistrationResult): string {
  const name = JSON.stringify(org);
  switch (result) {
    case 'registered':
      return `org ${name} is registered: ${detail}${waits(authentication)}`;
    case 'unchanged':
      return `org ${name} is registered: ${detail} (no changes)${waits(authentication)}`;
    case 'authentication':
      return `the catalog of org ${name} may refuse requests without a token`;
    case 'credentials':
      return `the credentials of org ${name} are in place`;
    case 'stopped':
      return actions.length === 0 ? `nothing was done for org ${name}: ${detail}` : `org ${name}: ${detail}`;
    case 'planned':
      return actions.length === 0
        ? `org ${name}: nothing to do`
        : `org ${name}: ${count(actions.length)} to do`;
    case 'failed':
      return `error: registering org ${name} failed: ${detail}`;
    case 'rejected':
      return `error: org ${name} is rejected: ${detail}`;
  }
}

/** The results of a fleet. Failures come last, because a terminal shows the end. */
export async function asTable(results: readonly RegistrationResult[]): Promise<string> {
  const isBad = ({ result }: RegistrationResult) => result === 'failed' || result === 'rejected';
  const rows = [...results.filter((one) => !isBad(one)), ...results.filter(isBad)].map((one) => [
    one.org,
    one.result,
    one.detail.replaceAll(/\n\s*/g, ' ') + waits(one.authentication),
  ]);
  const counts = new Map<string, number>();
  for (const { result } of results) counts.set(result, (counts.get(result) ?? 0) + 1);
  const summary = [...counts].map(([result, n]) => `${n} ${result}`).join(', ') || 'no org to register';
  const text = `${rows.length > 0 ? `${await table(['ORG', 'RESULT', 'WHERE OR WHY'], rows)}\n` : ''}${summary}`;
  return text + stagesAsText(results);
}

function waits(authentication: RegistrationResult['authentication']): string {
  return authentication?.waitsFor === undefined
    ? ''
    : `; authentication waits for ${authentication.waitsFor}`;
}

/** How many orgs are at each stage of authentication; empty when all are without. */
function stagesAsText(results: readonly RegistrationResult[]): string {
  const counted = stages.flatMap((stage) => {
    const n = results.filter(({ authentication }) => authentication?.stage === stage).length;
    return n === 0 ? [] : [{ stage, text: `${n} ${stageNames[stage]}` }];
  });
  if (counted.every(({ stage }) => stage === 'none')) return '';
  return `\nauthentication: ${counted.map(({ text }) => text).join(', ')}`;
}

const stageNames: Readonly<Record<(typeof stages)[number], string>> = {
  none: 'without',
  preparing: 'preparing',
  prepared: 'prepared',
  heldBack: 'held back',
  enforced: 'enforced',
};

/** What a dry run prints of an org. */
type Planned = Pick<RegistrationResult, 'org' | 'detail' | 'actions'> & { readonly result: string };

/** The actions of a dry run, one in each line, in the order of their execution. */
export async function planTable(results: readonly Planned[]): Promise<string> {
  const rows = results.flatMap((one) => [
    ...one.actions.map((action) => [one.org, stepOf(action), whatOf(action)]),
    ...(one.result === 'planned'
      ? one.detail
          .split('; ')
          .filter(Boolean)
          .map((note) => [one.org, 'note', note])
      : [[one.org, one.result, one.detail.replaceAll(/\n\s*/g, ' ')]]),
  ]);
  const actions = results.reduce((sum, one) => sum + one.actions.length, 0);
  const orgs = results.filter((one) => one.actions.length > 0).length;
  const summary =
    actions === 0 ? 'nothing to do' : `${count(actions)} to do for ${orgs} ${orgs === 1 ? 'org' : 'orgs'}`;
  return `${rows.length > 0 ? `${await table(['ORG', 'STEP', 'WHAT'], rows)}\n` : ''}${summary}; nothing was changed`;
}

/** The results for scripts; their shape is part of the interface (docs/reference.md). */
export function asJson(results: readonly (Planned & Pick<RegistrationResult, 'authentication'>)[]): string {
  return JSON.stringify(
    results.map(({ org, result, detail, actions, authentication }) => ({
      org,
      result,
      detail,
      ...(authentication && { authentication }),
      actions: actions.map((action) => ({ step: stepOf(action), ...action })),
    })),
    null,
    2,
  );
}

function whatOf(action: RegistrationAction): string {
  const { object, detail } = action;
  return printable(`${planned(action)}: ${object}${detail === undefined ? '' : ` (${detail})`}`);
}

function count(actions: number): string {
  return `${actions} ${actions === 1 ? 'action' : 'actions'}`;
}
