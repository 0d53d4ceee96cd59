import { orgKey } from '../catalog/names.ts';
import { at, type KubernetesObject } from './objects.ts';

/** What an org's own objects call it. */
export interface OwnNames {
  /** Undefined for the platform, and where the files do not say. */
  readonly org: string | undefined;
  /** Of the catalog and of its directory; `platform` for what all share. */
  readonly name: string;
  /** Value of the org label. */
  readonly label?: string | undefined;
}

/** The names that the objects of a directory say, from the first object that says them. */
export function ownNames(name: string, objects: readonly KubernetesObject[]): OwnNames {
  const said = (place: 'annotations' | 'labels') =>
    objects
      .map((object) => at(object, ['metadata', place, orgKey]))
      .find((value): value is string => typeof value === 'string');
  return { org: said('annotations'), name, label: said('labels') };
}

/**
 * A text with the org's own names as `{name}` and `{org}`, so that the same change of many orgs reads the same:
 * `lakekeeper-acme` becomes `{name}`, `lakekeeper_acme` becomes `lakekeeper_{org}`. Only whole words count, and what is
 * replaced is exactly what the objects say; the exact values stay beside it.
 */
export function inOwnTerms(text: string, { org, name, label }: OwnNames): string {
  // The platform's objects have no names of an org in them.
  if (org === undefined) return text;
  const words: [string, string][] = [
    [name, '{name}'],
    [org, '{org}'],
    [label ?? '', '{org}'],
    [org.replaceAll('-', '_'), '{org}'],
  ];
  return words.reduce((shown, [word, placeholder]) => replaceWord(shown, word, placeholder), text);
}

function replaceWord(text: string, word: string, placeholder: string): string {
  if (word === '' || !text.includes(word)) return text;
  let result = '';
  let from = 0;
  for (let found = text.indexOf(word); found !== -1; found = text.indexOf(word, found + word.length)) {
    const [before = '', after = ''] = [text[found - 1], text[found + word.length]];
    if (isWordCharacter(before) || isWordCharacter(after)) continue;
    result += text.slice(from, found) + placeholder;
    from = found + word.length;
  }
  return result + text.slice(from);
}

function isWordCharacter(character: string): boolean {
  return /[A-Za-z0-9{}]/.test(character);
}
