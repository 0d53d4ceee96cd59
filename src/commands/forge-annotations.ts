import type { Plan } from '../explain/plan-schema.ts';
import { nameForMessage, printable } from '../text/printable.ts';

/** Forges show so many annotations of a level for a step; the last of them says how many there are more. */
const atMost = 10;

export interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
}

/** What somebody has to see to although the run went well: rejected orgs first of all. */
export function annotations(plan: Plan): Annotation[] {
  const errors: Annotation[] = [
    ...(plan.heldBack === null
      ? []
      : [
          {
            level: 'error' as const,
            title: 'Held back',
            message:
              `${plan.heldBack}; nothing was changed. Look at the source; if it is meant, run again ` +
              'and allow the removal',
          },
        ]),
    ...plan.rejected.flatMap(({ org, problems }) =>
      problems.map(({ at, message }) => ({
        level: 'error' as const,
        title: org === null ? 'A record was rejected' : `Org ${nameForMessage(org)} was rejected`,
        message: `${at}: ${message}`,
      })),
    ),
  ];
  const warnings: Annotation[] = [
    ...plan.unknownOverrides.map((org) => ({
      level: 'warning' as const,
      title: 'Override without an org',
      message: `the settings override org ${nameForMessage(org)}, which the source does not have`,
    })),
    ...plan.foreignFiles.map((file) => ({
      level: 'warning' as const,
      title: 'A file of somebody else',
      message: `${file} was not made by synth, and Argo CD applies it all the same`,
    })),
  ];
  return [...shortened(errors), ...shortened(warnings)];
}

function shortened(all: readonly Annotation[]): Annotation[] {
  const [first] = all;
  if (first === undefined || all.length <= atMost) return [...all];
  const rest = all.length - (atMost - 1);
  return [
    ...all.slice(0, atMost - 1),
    {
      level: first.level,
      title: 'And more',
      message: `${rest} more; the summary of the run has all of them`,
    },
  ];
}

/**
 * An annotation as a workflow command of GitHub. Its data ends at the end of the line, and a title at a comma or two
 * colons: what could be taken for an end is escaped, as GitHub's own toolkit does.
 */
export function forGitHub({ level, title, message }: Annotation): string {
  const data = (text: string) =>
    printable(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return `::${level} title=${property(title)}::${data(message)}`;
}

/** An annotation as a line of a log. */
export function forLog({ level, title, message }: Annotation): string {
  return printable(`${level}: ${title}: ${message}`);
}
