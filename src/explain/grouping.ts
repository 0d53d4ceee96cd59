import { type Change, type ChangeKind, kinds } from './change.ts';
import { type OwnNames, withPlaceholders } from './own-names.ts';
import type { PlannedChange, Subject, Variant } from './plan-schema.ts';

/** A change, and its org or the platform. */
export interface SubjectChange {
  readonly change: Change;
  readonly names: OwnNames;
}

/**
 * Groups changes by kind, the highest risk first, and within a kind by their text with placeholders, most orgs first.
 * The order depends only on the changes.
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
    .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .map(([kind, some]) => ({
      kind,
      ...kinds[kind],
      orgs: new Set(some.filter(({ names }) => names !== platformNames).map(({ names }) => names.name)).size,
      variants: variants(some),
    }));
}

/** The kinds by their position in the report. */
const order = Object.keys(kinds);

export function changesOf(names: OwnNames, changes: readonly Change[]): SubjectChange[] {
  return changes.map((change) => ({ names, change }));
}

/** The platform: a subject of changes that is not an org. */
export const platformNames: OwnNames = { org: undefined, name: 'platform' };

function variants(changes: readonly SubjectChange[]): Variant[] {
  const byText = new Map<string, { template: Texts; subjects: Subject[] }>();
  for (const { change, names } of changes) {
    const exact = textsOf(change);
    const template = textsWithPlaceholders(exact, names);
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

function textsWithPlaceholders(texts: Texts, names: OwnNames): Texts {
  return Object.fromEntries(
    Object.entries(texts).map(([part, text]) => [part, withPlaceholders(text, names)]),
  );
}

function differing(exact: Texts, template: Texts): Texts {
  return Object.fromEntries(
    Object.entries(exact).filter(([part, text]) => template[part as 'what'] !== text),
  );
}

/** A variant of a single org has its exact values, without placeholders. */
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
