import type { Change } from './change.ts';
import { type ChangeKind, kinds, rankOf } from './change-kinds.ts';
import { inOwnTerms, type OwnNames } from './own-names.ts';
import type { PlannedChange, Subject, Variant } from './plan-schema.ts';

/** A change, and the org or the platform that it is of. */
export interface SubjectChange {
  readonly change: Change;
  readonly names: OwnNames;
}

/**
 * Changes by what they do, the kind of the highest risk first; within a kind by what it is in the orgs' own
 * terms, most orgs first. The order depends on nothing but the changes themselves.
 */
export function grouped(changes: Iterable<SubjectChange>): PlannedChange[] {
  const byKind = new Map<ChangeKind, SubjectChange[]>();
  for (const one of changes) {
    const { kind } = one.change;
    const known = byKind.get(kind);
    if (known) known.push(one);
    else byKind.set(kind, [one]);
  }
  return [...byKind]
    .sort(([a], [b]) => rankOf(a) - rankOf(b))
    .map(([kind, some]) => ({
      kind,
      ...kinds[kind],
      orgs: new Set(some.filter(({ names }) => names !== platformNames).map(({ names }) => names.name)).size,
      variants: variants(some),
    }));
}

/** What all orgs share is a subject too, but no org. */
export const platformNames: OwnNames = { org: undefined, name: 'platform' };

function variants(changes: readonly SubjectChange[]): Variant[] {
  const byText = new Map<string, { template: Texts; subjects: Subject[] }>();
  for (const { change, names } of changes) {
    const exact = textsOf(change);
    const template = inTerms(exact, names);
    const key = JSON.stringify(template);
    const { detail } = change;
    const subject = {
      org: names.org ?? null,
      name: names.name,
      ...differing(exact, template),
      ...(detail === undefined ? {} : { detail }),
    };
    const known = byText.get(key);
    if (known) known.subjects.push(subject);
    else byText.set(key, { template, subjects: [subject] });
  }
  return [...byText]
    .map(([key, { template, subjects }]) => ({ key, variant: ofOne(template, subjects.sort(bySubject)) }))
    .sort((a, b) => b.variant.subjects.length - a.variant.subjects.length || compare(a.key, b.key))
    .map(({ variant }) => variant);
}

type Texts = Partial<Record<'what' | 'from' | 'to', string>>;
const parts = ['what', 'from', 'to'] as const;

function textsOf(change: Change): Texts {
  return Object.fromEntries(
    parts.flatMap((part) => (change[part] === undefined ? [] : [[part, change[part]]])),
  );
}

function inTerms(texts: Texts, names: OwnNames): Texts {
  return Object.fromEntries(Object.entries(texts).map(([part, text]) => [part, inOwnTerms(text, names)]));
}

function differing(exact: Texts, template: Texts): Texts {
  return Object.fromEntries(
    Object.entries(exact).filter(([part, text]) => template[part as 'what'] !== text),
  );
}

/** What happens to one org alone is said with its exact values. */
function ofOne(template: Texts, subjects: Subject[]): Variant {
  const [first] = subjects;
  if (first === undefined || subjects.length > 1) return { ...template, subjects };
  const { what, from, to, ...subject } = first;
  const exact = { what, from, to };
  const known = Object.fromEntries(Object.entries(exact).filter(([, text]) => text !== undefined));
  return { ...template, ...known, subjects: [subject] };
}

function bySubject(a: Subject, b: Subject): number {
  return compare(a.name, b.name) || compare(JSON.stringify(a), JSON.stringify(b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
