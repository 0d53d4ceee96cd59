import { styleText } from 'node:util';
import type { Plan, PlannedChange, Variant } from '../explain/plan-schema.ts';
import type { Risk } from '../explain/risk.ts';
import { nameForMessage, printable } from '../text/printable.ts';
import {
  counted,
  difference,
  grouping,
  hasOwnTexts,
  howMany,
  isPlatform,
  skippedByReason,
  stagesInUse,
  subjectName,
  summary,
  versions,
} from './plan-words.ts';

export interface TextOptions {
  /** Whether risks are in colour: a terminal, and no NO_COLOR. */
  readonly colour?: boolean;
}

/** Maximum numbers that are listed. The JSON output has all. */
const max = { variants: 20, orgs: 8, details: 5, problems: 50, characters: 200 };

/** The plan for a terminal. Untrusted texts are escaped, so that they cannot move the cursor. */
export function planAsText(plan: Plan, { colour = false }: TextOptions = {}): string {
  const { ref, commit, directory } = plan.against;
  const base =
    ref === null ? `${directory} in the work tree` : `${directory} at ${ref} (${commit?.slice(0, 12)})`;
  const paint = (risk: Risk, text: string) =>
    colour && risk !== 'low' && risk !== 'none' ? styleText([colours[risk], 'bold'], text) : text;
  const lines = [
    `Compared with ${printable(base)}: ${paint(plan.risk, summary(plan))}`,
    ...(plan.heldBack === null
      ? []
      : [
          '',
          paint(
            'critical',
            `Held back: ${printable(plan.heldBack)}; synth would write nothing without --allow-removal.`,
          ),
        ]),
  ];
  let risk: Risk | undefined;
  for (const change of plan.changes) {
    if (change.risk !== risk) lines.push('', paint(change.risk, change.risk.toUpperCase()));
    risk = change.risk;
    lines.push(...changeLines(change));
  }
  if (plan.changes.length === 0)
    lines.push('', 'No changes: the committed files are what synth would write.');
  return [
    ...lines,
    ...authenticationLines(plan),
    ...rejectedLines(plan),
    ...skippedLines(plan),
    ...foreignLines(plan),
    '',
    versions(plan, shown),
  ].join('\n');
}

const colours = { medium: 'yellow', high: 'red', critical: 'magenta' } as const;

function changeLines(change: PlannedChange): string[] {
  const { title, effect, variants } = change;
  const hidden = variants.slice(max.variants);
  return [
    `  ${title}: ${howMany(change)}`,
    `    ${effect}`,
    ...variants.slice(0, max.variants).flatMap(variantLines),
    ...(hidden.length === 0 ? [] : [`    … and ${grouping(hidden.length)} more like these (--output json)`]),
  ];
}

function variantLines(variant: Variant): string[] {
  const { subjects } = variant;
  const text = difference(variant, shown);
  const lead = text === '' ? '' : `${text}: `;
  const [first] = subjects;
  if (subjects.length === 1 && first?.detail !== undefined)
    return [`    - ${lead}${nameForMessage(subjectName(first))} (${shown(first.detail)})`];
  if (subjects.length > max.details || !subjects.some(hasOwnTexts))
    return [`    - ${lead}${orgList(variant)}`];
  const own = subjects.map((subject) => {
    const words = [difference(subject, shown), shown(subject.detail ?? '')].filter((part) => part !== '');
    return `      ${nameForMessage(subjectName(subject))}: ${words.join('; ')}`;
  });
  return [`    - ${text === '' ? counted(subjects.length, 'org') : text}`, ...own];
}

/** An untrusted text, escaped and shortened. */
function shown(text: string): string {
  return printable(text.length <= max.characters ? text : `${[...text].slice(0, max.characters).join('')}…`);
}

function orgList({ subjects }: Variant): string {
  if (subjects.every(isPlatform)) return 'the platform';
  return listed(subjects.map(subjectName));
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, max.orgs).map((name) => nameForMessage(name));
  const hidden = names.length - shown.length;
  const lead = hidden > 0 ? `${counted(names.length, 'org')}: ` : '';
  return `${lead}${shown.join(', ')}${hidden > 0 ? ` and ${grouping(hidden)} more` : ''}`;
}

function authenticationLines(plan: Plan): string[] {
  const stages = stagesInUse(plan);
  if (stages.length === 0) return [];
  return ['', 'AUTHENTICATION', ...stages.map(({ stage, orgs }) => `  ${stage}: ${listed(orgs)}`)];
}

function rejectedLines({ rejected }: Plan): string[] {
  if (rejected.length === 0) return [];
  const problems = rejected.flatMap((one) =>
    one.problems.map(
      ({ at, message }) =>
        `  ${one.org === null ? '(unknown)' : nameForMessage(one.org)}: ${printable(`${at}: ${message}`)}`,
    ),
  );
  const hidden = problems.length - max.problems;
  return [
    '',
    `REJECTED: ${counted(rejected.length, 'org')}; committed manifests stay`,
    ...problems.slice(0, max.problems),
    ...(hidden > 0 ? [`  … and ${grouping(hidden)} more problems (--output json)`] : []),
  ];
}

function skippedLines(plan: Plan): string[] {
  if (plan.skipped.length === 0) return [];
  return [
    '',
    `SKIPPED: ${counted(plan.skipped.length, 'org')}`,
    ...skippedByReason(plan).map(({ reason, orgs }) => `  ${printable(reason)}: ${listed(orgs)}`),
  ];
}

function foreignLines({ foreignFiles }: Plan): string[] {
  if (foreignFiles.length === 0) return [];
  const shown = foreignFiles.slice(0, max.problems).map((path) => `  ${printable(path)}`);
  const hidden = foreignFiles.length - shown.length;
  return [
    '',
    'OTHER FILES: synth did not write them and does not change them, but Argo CD applies them',
    ...shown,
    ...(hidden > 0 ? [`  … and ${grouping(hidden)} more (--output json)`] : []),
  ];
}
