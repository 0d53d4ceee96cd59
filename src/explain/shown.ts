import { credentialForm } from '../text/credential-form.ts';
import type { Change } from './change.ts';
import { canonical, differingFields } from './differences.ts';
import { at } from './objects.ts';

/**
 * A value for people; undefined when there is none. What looks like a credential, put there by hand, is not repeated.
 */
export function shown(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const form = credentialForm(value);
  if (form !== undefined) return `(${form})`;
  return typeof value === 'object' ? canonical(value) : String(value);
}

/** From and to, without those that are not there. */
export function fromTo(from: unknown, to: unknown): Pick<Change, 'from' | 'to'> {
  const [before, after] = [shown(from), shown(to)];
  return { ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) };
}

/**
 * The same for a field by its name: a value that a credential would stand in is not repeated, whatever it looks like.
 */
export function fromToOf(name: string, from: unknown, to: unknown): Pick<Change, 'from' | 'to'> {
  if (!/pass(word|wd|phrase)?$|secret$|token$|private_?key$|credentials?$/i.test(name))
    return fromTo(from, to);
  const hidden = (value: unknown) => (shown(value) === undefined ? undefined : '(not shown)');
  return fromTo(hidden(from), hidden(to));
}

/** What differs at a path of two objects or below it. */
export interface FieldDifference {
  /** The names below the path, joined: `requests.cpu`; the last name of the path itself where that is the field. */
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
