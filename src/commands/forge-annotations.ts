import type { Plan } from '../explain/plan-schema.ts';
import { nameForMessage, printable } from '../text/printable.ts';
import { unknownOverride } from './unknown-override.ts';

/** Maximum number of annotations of a level in a step. The last one has the number of the others. */
const maxAnnotations = 10;

export interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
}

/** Problems that need a person although the run succeeded: rejected orgs, for example. */
export function annotations(plan: Plan): Annotation[] {
  const errors: Annotation[] = [
    ...(plan.heldBack === null
      ? []
      : [
          {
            level: 'error' as const,
            title: 'Held back',
            message:
              `${plan.heldBack}; nothing was changed. Check the source; if the removal is intended, run again ` +
              'and allow it',
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
      message: unknownOverride(org),
    })),
    ...plan.foreignFiles.map((file) => ({
      level: 'warning' as const,
      title: 'A file that synth did not write',
      message: `synth did not write ${file}, but Argo CD applies it; remove it if that is not intended`,
    })),
  ];
  return [...shortened(errors), ...shortened(warnings)];
}

function shortened(all: readonly Annotation[]): Annotation[] {
  const [first] = all;
  if (first === undefined || all.length <= maxAnnotations) return [...all];
  const rest = all.length - (maxAnnotations - 1);
  return [
    ...all.slice(0, maxAnnotations - 1),
    {
      level: first.level,
      title: 'And more',
      message: `${rest} more; the summary of the run has all of them`,
    },
  ];
}

/**
 * An annotation as a workflow command of GitHub. Its data ends at the end of the line, its title at a comma or two
 * colons. These characters are escaped as in GitHub's toolkit.
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
