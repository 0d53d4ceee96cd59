import { credentialForm } from '../text/credential-form.ts';
import type { Change } from './change.ts';
import { canonical, differingFields } from './differences.ts';
import { at } from './objects.ts';

/** A value as text; undefined if there is none. A text that looks like a credential is not shown. */
export function shown(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const form = credentialForm(value);
  if (form !== undefined) return `(${form})`;
  return typeof value === 'object' ? canonical(value) : String(value);
}

/** The parts `from` and `to` of a change, each only if there is a value. */
export function fromTo(from: unknown, to: unknown): Pick<Change, 'from' | 'to'> {
  const [before, after] = [shown(from), shown(to)];
  return { ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) };
}

/** The same for a named field. The value of a field that is named like a credential is never shown. */
export function fromToOf(name: string, from: unknown, to: unknown): Pick<Change, 'from' | 'to'> {
  if (!/pass(word|wd|phrase)?$|secret$|token$|private_?key$|credentials?$/i.test(name))
    return fromTo(from, to);
  const hidden = (value: unknown) => (shown(value) === undefined ? undefined : '(not shown)');
  return fromTo(hidden(from), hidden(to));
}

/** A difference at a path of two objects, or below it. */
export interface FieldDifference {
  /** Path below the given one, such as `requests.cpu`; the last name of the given path if that is the field. */
  readonly what: string;
  readonly from: unknown;
  readonly to: unknown;
}

export function differencesAt(
  { before, after }: { readonly before: unknown; readonly after: unknown },
  path: string,
): FieldDifference[] {
  const [from, to] = [at(before, path), at(after, path)];
  return differingFields(from, to).map((field) => ({
    what: field.length > 0 ? field.join('.') : path.slice(path.lastIndexOf('.') + 1),
    from: at(from, field),
    to: at(to, field),
  }));
}
