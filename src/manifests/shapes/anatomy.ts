import type { Catalog } from '../../catalog/catalog.ts';
import type { Platform } from '../../platform/platform-settings.ts';
import type { Shape } from './shape.ts';

/**
 * A catalog taken apart. Two catalogs of one shape differ in their texts only, and their texts are in the same relation to each
 * other: the same ones are equal, and names and namespaces sort the same way.
 */
export interface Anatomy {
  readonly shape: Shape;
  /** What is the org's own, without repetition. */
  readonly texts: readonly string[];
}

/** Texts that the settings have too. They are part of a shape, so that a comparison with a setting is. */
export type CommonTexts = ReadonlySet<string>;

/** Every text in the settings. */
export function commonTexts(platform: Platform): CommonTexts {
  const texts = new Set<string>(['']);
  mapTexts(platform, (text) => {
    texts.add(text);
    return text;
  });
  return texts;
}

/** @param root of the tree of shapes. */
export function takeApart(catalog: Catalog, common: CommonTexts, root: Shape): Anatomy {
  const texts: string[] = [];
  // What manifests sort: the Secrets of a namespace, and the namespaces.
  const sorted: Record<string, string[]> = { name: [], namespace: [] };
  let shape = root;
  const add = (value: unknown): void => {
    if (typeof value === 'string') {
      if (common.has(value)) shape = shape.after(value);
      else {
        let index = texts.indexOf(value);
        if (index < 0) index = texts.push(value) - 1;
        shape = shape.afterOwn(index);
      }
    } else if (typeof value === 'object' && value !== null) {
      shape = shape.after(Array.isArray(value) ? listBegins : objectBegins);
      for (const key in value) {
        const inner = (value as Record<string, unknown>)[key];
        shape = shape.after(key);
        add(inner);
        if (typeof inner === 'string') sorted[key]?.push(inner);
      }
      shape = shape.after(ends);
    } else shape = shape.after(value as number | boolean | null | undefined);
  };
  add(catalog);
  for (const group of Object.values(sorted)) shape = shape.after(order(group));
  return { shape, texts };
}

const objectBegins = Symbol('object begins');
const listBegins = Symbol('list begins');
const ends = Symbol('ends');

/** The same catalog with other texts for its own. */
export function withTexts(
  catalog: Catalog,
  common: CommonTexts,
  replacement: (text: string) => string,
): Catalog {
  return mapTexts(catalog, (text) => (common.has(text) ? text : replacement(text))) as Catalog;
}

/** A copy of plain data with every text replaced, but those that are keys. */
export function mapTexts(value: unknown, replacement: (text: string) => string): unknown {
  if (typeof value === 'string') return replacement(value);
  if (Array.isArray(value)) return value.map((inner) => mapTexts(inner, replacement));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, replacement)]));
}

/** Which of each two comes first. */
function order(texts: readonly string[]): string {
  let comparisons = '|';
  for (let i = 1; i < texts.length; i++)
    for (let j = 0; j < i; j++) comparisons += (texts[j] as string) < (texts[i] as string) ? '<' : '>';
  return comparisons;
}
