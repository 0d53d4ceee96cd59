import type { NamedOrg } from '../catalog/catalog.ts';
import { orgKey } from '../catalog/names.ts';
import { at, type KubernetesObject } from './objects.ts';

/** The names that an org's objects have for it. */
export interface OwnNames {
  /** Undefined for the platform, and if the files do not have it. */
  readonly org: string | undefined;
  /** Name of the catalog and of its directory; `platform` for the platform. */
  readonly name: string;
  /** Value of the org label. */
  readonly label?: string | undefined;
}

/** The names of an org that is rendered. */
export function namesOf({ org, names }: NamedOrg): OwnNames {
  return { org, name: names.kubernetes, label: names.orgLabel };
}

/** The names of an org, from its annotation and label on the first object that has them. */
export function ownNames(name: string, objects: readonly KubernetesObject[]): OwnNames {
  const first = (place: 'annotations' | 'labels') =>
    objects
      .map((object) => at(object, ['metadata', place, orgKey]))
      .find((value): value is string => typeof value === 'string');
  return { org: first('annotations'), name, label: first('labels') };
}

/**
 * Replaces the org's names in a text by `{name}` and `{org}`, so that the same change of many orgs has the same text:
 * `lakekeeper-acme` becomes `{name}`, `lakekeeper_acme` becomes `lakekeeper_{org}`. Only whole words are replaced.
 */
export function withPlaceholders(text: string, { org, name, label }: OwnNames): string {
  // Objects of the platform contain no names of an org.
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
