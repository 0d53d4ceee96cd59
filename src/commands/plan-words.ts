import type { Plan, PlannedChange, Subject, Variant } from '../explain/plan-schema.ts';

/** What the terminal and Markdown say alike. Texts from outside come as they are: whoever shows them escapes them. */

/** `1204` as `1,204`. */
export function grouping(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function counted(count: number, noun: string): string {
  return `${grouping(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** How many it happens to: orgs, or what they all share. */
export function howMany({ orgs, variants }: Pick<PlannedChange, 'orgs' | 'variants'>): string {
  const isShared = variants.some(({ subjects }) => subjects.some(isPlatform));
  if (orgs === 0) return 'platform';
  return isShared ? `${counted(orgs, 'org')} and the platform` : counted(orgs, 'org');
}

export function isPlatform({ org, name }: Subject): boolean {
  return org === null && name === 'platform';
}

/** Whom it happens to: the org id, or what is known instead. */
export function subjectName(subject: Subject): string {
  return subject.org ?? subject.name;
}

/** The parts of what differs: `host`, `a`, `b` are said as `host: a → b`. Each part is shown by `show`. */
export function difference(
  { what, from, to }: Pick<Variant, 'what' | 'from' | 'to'>,
  show: (text: string) => string,
): string {
  const change =
    from === undefined && to === undefined
      ? undefined
      : `${from === undefined ? 'none' : show(from)} → ${to === undefined ? 'none' : show(to)}`;
  return [what === undefined ? undefined : show(what), change]
    .filter((part) => part !== undefined)
    .join(': ');
}

/** Whether there is more to say of a subject than its name. */
export function hasOwnWords({ what, from, to, detail }: Subject): boolean {
  return [what, from, to, detail].some((part) => part !== undefined);
}

/** The outcome in one sentence. */
export function summary({ orgs, files, risk }: Plan): string {
  const counts = [
    `${grouping(orgs.added)} new`,
    `${grouping(orgs.leaving)} to go`,
    `${grouping(orgs.changed)} changed`,
    `${grouping(orgs.unchanged)} unchanged`,
  ];
  const touched = files.created + files.updated + files.removed;
  return (
    `${counted(orgs.desired, 'org')}: ${counts.join(', ')}; ${counted(touched, 'file')} would change. ` +
    `Risk: ${risk}.`
  );
}

/** Skipped orgs by reason, most first. */
export function skippedByReason({ skipped }: Plan): { reason: string; orgs: string[] }[] {
  const byReason = new Map<string, string[]>();
  for (const { org, reason, keep } of skipped) {
    const why = keep ? `${reason}; what is committed stays` : reason;
    byReason.set(why, [...(byReason.get(why) ?? []), org]);
  }
  return [...byReason]
    .map(([reason, orgs]) => ({ reason, orgs: orgs.sort() }))
    .sort((a, b) => b.orgs.length - a.orgs.length || (a.reason < b.reason ? -1 : 1));
}
