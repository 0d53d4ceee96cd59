import type { Plan, PlannedChange, Variant } from '../explain/plan-schema.ts';
import { code } from '../text/markdown.ts';
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

/** GitHub refuses a body of more than 65,536 characters. The difference is for text that the caller adds. */
export const markdownLimit = 60_000;

/** Maximum numbers that are listed. */
interface Limits {
  readonly variants: number;
  readonly orgs: number;
}

/** Tried in this order, until the text is short enough. */
const steps: readonly Limits[] = [
  { variants: 100, orgs: 200 },
  { variants: 40, orgs: 60 },
  { variants: 15, orgs: 20 },
];
const shortest: Limits = { variants: 5, orgs: 5 };
/** Maximum number of orgs that are listed without a fold. */
const maxUnfolded = 10;

/**
 * The plan for the body of a pull request, of at most `limit` characters. The highest risk comes first, so that the
 * lowest risks are cut. Untrusted texts are code spans: an org id cannot be a mention, a link, a table or HTML.
 */
export function planAsMarkdown(plan: Plan, limit: number = markdownLimit): string {
  for (const limits of [...steps, shortest]) {
    const text = `${sections(plan, limits).join('\n\n')}\n`;
    if (text.length <= limit) return text;
  }
  return cut(sections(plan, shortest), limit);
}

/** Cuts between sections only: a part of a section could be misleading. */
function cut(all: readonly string[], limit: number): string {
  const notice = (hidden: number) =>
    `---\n\n**Cut here.** ${counted(hidden, 'more section')} would exceed the limit of ` +
    `${grouping(limit)} characters. Run \`lakekeeper-gitops plan\` to see the whole plan.\n`;
  let room = limit - notice(all.length).length;
  const shown: string[] = [];
  for (const section of all) {
    room -= section.length + 2;
    if (room < 0) break;
    shown.push(section);
  }
  return [...shown, notice(all.length - shown.length)].join('\n\n');
}

function sections(plan: Plan, limits: Limits): string[] {
  const { ref, commit, directory } = plan.against;
  const base =
    ref === null
      ? code(directory)
      : `${code(directory)} at ${code(ref)} (${code(commit?.slice(0, 12) ?? '')})`;
  return [
    `## Plan: ${plan.risk === 'none' ? 'no changes' : `${plan.risk} risk`}`,
    `${summary(plan)} Compared with ${base}.`,
    ...(plan.heldBack === null
      ? []
      : [
          `> [!CAUTION]\n> **Held back:** ${code(plan.heldBack)}. synth writes nothing until it is ` +
            `run with \`--allow-removal\`. Check the source of the warehouses first.`,
        ]),
    ...(plan.changes.length === 0 ? [] : [overview(plan)]),
    ...plan.changes.map((change) => changeSection(change, limits)),
    ...authenticationSection(plan, limits),
    ...rejectedSection(plan, limits),
    ...skippedSection(plan, limits),
    ...foreignSection(plan, limits),
    versions(plan, code),
  ];
}

/** One row for each kind of change, without untrusted text. */
function overview({ changes }: Plan): string {
  const rows = changes.map((change) => `| ${change.risk} | ${change.title} | ${howMany(change)} |`);
  return ['| Risk | Change | Orgs |', '| --- | --- | --- |', ...rows].join('\n');
}

function changeSection(change: PlannedChange, limits: Limits): string {
  const { risk, title, effect, variants } = change;
  const hidden = variants.length - limits.variants;
  return [
    `### ${risk}: ${title} (${howMany(change)})\n\n${effect}\n`,
    ...variants.slice(0, limits.variants).map((variant) => variantItem(variant, limits)),
    ...(hidden > 0 ? [`- … and ${grouping(hidden)} more like these`] : []),
  ].join('\n');
}

function variantItem(variant: Variant, limits: Limits): string {
  const { subjects } = variant;
  const text = difference(variant, code);
  if (subjects.every(isPlatform)) return `- ${text === '' ? 'the platform' : `${text}: the platform`}`;
  const count = counted(subjects.length, 'org');
  const lead = text === '' ? '' : `${text}: `;
  const [first] = subjects;
  if (subjects.length === 1 && first?.detail !== undefined)
    return `- ${lead}${code(subjectName(first))} (${code(first.detail)})`;
  if (subjects.length > maxUnfolded || !subjects.some(hasOwnTexts))
    return `- ${lead}${orgList(subjects.map(subjectName), limits)}`;
  const own = subjects.slice(0, limits.orgs).map((subject) => {
    const words = [difference(subject, code), subject.detail === undefined ? '' : code(subject.detail)];
    return `  - ${[code(subjectName(subject)), ...words.filter((part) => part !== '')].join(': ')}`;
  });
  const hidden = subjects.length - own.length;
  return [
    `- ${text === '' ? count : `${text}: ${count}`}`,
    ...own,
    ...(hidden > 0 ? [`  - … and ${grouping(hidden)} more`] : []),
  ].join('\n');
}

/** A list of orgs: in the line if there are maxUnfolded, otherwise folded, with a maximum. */
function orgList(orgs: readonly string[], limits: Limits): string {
  const shown = orgs.slice(0, limits.orgs).map(code).join(', ');
  const hidden = orgs.length - limits.orgs;
  const names = hidden > 0 ? `${shown} and ${grouping(hidden)} more` : shown;
  if (orgs.length <= maxUnfolded) return names;
  const count = counted(orgs.length, 'org');
  return (
    `${count}\n  ` +
    `<details><summary>${hidden > 0 ? `the first ${limits.orgs}` : 'list'}</summary>\n\n  ` +
    `${names}\n\n  </details>`
  );
}

function authenticationSection(plan: Plan, limits: Limits): string[] {
  const stages = stagesInUse(plan);
  if (stages.length === 0) return [];
  const items = stages.map(({ stage, orgs }) => `- ${stage}: ${orgList(orgs, limits)}`);
  return [`### Authentication\n\n${items.join('\n')}`];
}

function rejectedSection({ rejected }: Plan, limits: Limits): string[] {
  if (rejected.length === 0) return [];
  const items = rejected
    .slice(0, limits.orgs)
    .flatMap(({ org, problems }) => [
      `- ${org === null ? 'a record without a valid org id' : code(org)}`,
      ...problems.slice(0, limits.variants).map(({ at, message }) => `  - ${code(`${at}: ${message}`)}`),
    ]);
  const hidden = rejected.length - limits.orgs;
  return [
    [
      `### Rejected (${counted(rejected.length, 'org')})\n\nTheir committed manifests stay as they are.\n`,
      ...items,
      ...(hidden > 0 ? [`- … and ${grouping(hidden)} more`] : []),
    ].join('\n'),
  ];
}

function skippedSection(plan: Plan, limits: Limits): string[] {
  if (plan.skipped.length === 0) return [];
  const reasons = skippedByReason(plan);
  const hidden = reasons.length - limits.variants;
  return [
    [
      `### Skipped (${counted(plan.skipped.length, 'org')})\n`,
      ...reasons
        .slice(0, limits.variants)
        .map(({ reason, orgs }) => `- ${code(reason)}: ${orgList(orgs, limits)}`),
      ...(hidden > 0 ? [`- … and ${grouping(hidden)} more reasons`] : []),
    ].join('\n'),
  ];
}

function foreignSection({ foreignFiles }: Plan, limits: Limits): string[] {
  if (foreignFiles.length === 0) return [];
  const hidden = foreignFiles.length - limits.orgs;
  return [
    [
      `### Other files (${grouping(foreignFiles.length)})\n\n` +
        'synth did not write them and does not change them, but Argo CD applies them.\n',
      ...foreignFiles.slice(0, limits.orgs).map((path) => `- ${code(path)}`),
      ...(hidden > 0 ? [`- … and ${grouping(hidden)} more`] : []),
    ].join('\n'),
  ];
}
