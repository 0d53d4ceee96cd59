import { authenticationStages } from '../explain/authentication-stages.ts';
import type { Plan, PlannedChange, Subject, Variant } from '../explain/plan-schema.ts';

/** Texts of a plan for the terminal and for Markdown. Untrusted texts are not escaped here; the caller does that. */

/** `1204` as `1,204`. */
export function grouping(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function counted(count: number, noun: string): string {
  return `${grouping(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The number of orgs of a change, or `platform`. */
export function howMany({ orgs, variants }: Pick<PlannedChange, 'orgs' | 'variants'>): string {
  const isShared = variants.some(({ subjects }) => subjects.some(isPlatform));
  if (orgs === 0) return 'platform';
  return isShared ? `${counted(orgs, 'org')} and the platform` : counted(orgs, 'org');
}

export function isPlatform({ org, name }: Subject): boolean {
  return org === null && name === 'platform';
}

/** The org id, or the name of the catalog if the id is not known. */
export function subjectName(subject: Subject): string {
  return subject.org ?? subject.name;
}

/** A difference as text: `host: a → b`. @param show escapes each part. */
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

/** Whether a subject has texts of its own beside its name. */
export function hasOwnTexts({ what, from, to, detail }: Subject): boolean {
  return [what, from, to, detail].some((part) => part !== undefined);
}

/** Which version renders; and which one registers, where `registration.image` names another. @param show escapes. */
export function versions({ program }: Plan, show: (text: string) => string): string {
  const { version, registrationImage } = program;
  const rendered = `Rendered by lakekeeper-gitops v${version}`;
  return registrationImage.includes(`:v${version}`)
    ? `${rendered}.`
    : `${rendered}. The registration Jobs run ${show(registrationImage)}, as registration.image says.`;
}

/** The outcome in one sentence. */
export function summary({ orgs, files, risk }: Plan): string {
  const counts = [
    `${grouping(orgs.added)} new`,
    `${grouping(orgs.leaving)} leaving`,
    ...(orgs.retiring > 0 ? [`${grouping(orgs.retiring)} still retiring`] : []),
    `${grouping(orgs.removed)} removed`,
    `${grouping(orgs.changed)} changed`,
    `${grouping(orgs.unchanged)} unchanged`,
  ];
  const touched = files.created + files.updated + files.removed;
  return (
    `${counted(orgs.desired, 'org')}: ${counts.join(', ')}; ${counted(touched, 'file')} would change. ` +
    `Risk: ${risk}.`
  );
}

/** The stages of authentication that have orgs; none when no org has authentication. */
export function stagesInUse({ authentication }: Plan): { stage: string; orgs: string[] }[] {
  const used = authenticationStages.flatMap((stage) => {
    const orgs = authentication[stage];
    return orgs.length === 0 ? [] : [{ stage, orgs }];
  });
  return used.every(({ stage }) => stage === 'none') ? [] : used;
}

/** Skipped orgs by reason, most first. */
export function skippedByReason({ skipped }: Plan): { reason: string; orgs: string[] }[] {
  const byReason = new Map<string, string[]>();
  for (const { org, reason, keep } of skipped) {
    const why = keep ? `${reason}; its committed manifests stay` : reason;
    byReason.set(why, [...(byReason.get(why) ?? []), org]);
  }
  return [...byReason]
    .map(([reason, orgs]) => ({ reason, orgs: orgs.sort() }))
    .sort((a, b) => b.orgs.length - a.orgs.length || (a.reason < b.reason ? -1 : 1));
}
