import { kubernetesRefusals } from '../clients/kubernetes/kubernetes-errors.ts';
import { lakekeeperOutcomes } from '../clients/lakekeeper/lakekeeper-refusals.ts';
import { tokenRefusals } from '../clients/openid/token-refusals.ts';
import { sqlstates } from '../clients/postgres/sqlstates.ts';
import { PermanentError, UsageError } from '../text/errors.ts';
import type { ErrorOutcome, OutcomeRow } from '../text/outcome-row.ts';
import { operatorOutcomes } from './catalog/roll-out/operator-reasons.ts';
import type { RegistrationResult } from './result.ts';

/**
 * How a run ends. Each client maps an answer to a class of error by its table. The class decides the exit code, the
 * state in the row, and whether the Job is retried.
 */
export type Outcome = 'unchanged' | 'registered' | 'stopped' | ErrorOutcome;

export function outcomeOfError(error: unknown): ErrorOutcome {
  if (error instanceof UsageError) return 'usage error';
  return error instanceof PermanentError ? 'needs a person' : 'try again';
}

export function outcomeOf({ result, error }: RegistrationResult): Outcome {
  switch (result) {
    case 'failed':
      return outcomeOfError(error);
    case 'rejected':
      return 'usage error';
    case 'registered':
    case 'authentication':
    case 'credentials':
      return 'registered';
    case 'stopped':
      return 'stopped';
    case 'unchanged':
    case 'planned':
      return 'unchanged';
  }
}

/** The meaning of every answer of every server, as documented in `docs/reference.md`. */
export const outcomeTables: readonly { readonly server: string; readonly rows: readonly OutcomeRow[] }[] = [
  { server: 'Kubernetes', rows: Object.values(kubernetesRefusals) },
  { server: 'The operator', rows: operatorOutcomes() },
  { server: 'Lakekeeper', rows: lakekeeperOutcomes() },
  { server: 'The token endpoint of an OpenID provider', rows: Object.values(tokenRefusals) },
  { server: 'Postgres', rows: postgresOutcomes() },
];

function postgresOutcomes(): OutcomeRow[] {
  const answers = ([state]: readonly [string, OutcomeRow]) => {
    if (state === 'other') return 'any other SQLSTATE';
    return state.length === 2 ? `${state}…, any other` : state;
  };
  return Object.entries(sqlstates)
    .sort(([a], [b]) => (a.padEnd(5, '~') < b.padEnd(5, '~') ? -1 : 1))
    .map((entry) => ({ ...entry[1], answer: answers(entry) }));
}

/** The tables as Markdown, for `docs/reference.md`. */
export function outcomesAsMarkdown(): string {
  return outcomeTables
    .map(({ server, rows }) => {
      const lines = rows.map(
        ({ answer, meaning, outcome, whatToDo }) => `| ${answer} | ${meaning} | ${outcome} | ${whatToDo} |`,
      );
      return [
        `### ${server}`,
        '',
        '| Answer | Meaning | Outcome | What to do |',
        '|---|---|---|---|',
        ...lines,
      ].join('\n');
    })
    .join('\n\n');
}
