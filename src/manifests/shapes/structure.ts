import type { Catalog } from '../../catalog/catalog.ts';
import type { Platform } from '../../platform/platform-settings.ts';

/**
 * A catalog, split into its shape and its own texts. Two catalogs of one shape differ in their texts only, and their
 * texts relate to each other in the same way: the same ones are equal, and names and namespaces have the same order.
 */
export interface Structure {
  readonly shape: string;
  /** The texts that are the org's own, without repetition. */
  readonly texts: readonly string[];
}

/** Texts of the settings. They are part of a shape, because rendering compares texts with settings. */
export type SettingTexts = ReadonlySet<string>;

/** Every text in the settings. */
export function settingTextsOf(platform: Platform): SettingTexts {
  const texts = new Set<string>(['']);
  mapTexts(platform, (text) => {
    texts.add(text);
    return text;
  });
  return texts;
}

export function structureOf(catalog: Catalog, settingTexts: SettingTexts): Structure {
  const texts: string[] = [];
  // Manifests sort the Secrets of a namespace, and the namespaces.
  const sorted: Record<string, string[]> = { name: [], namespace: [] };
  let shape = '';
  const add = (value: unknown): void => {
    if (typeof value === 'string') {
      if (settingTexts.has(value)) shape += delimited(value);
      else {
        let index = texts.indexOf(value);
        if (index < 0) index = texts.push(value) - 1;
        shape += `text ${index} `;
      }
    } else if (typeof value === 'object' && value !== null) {
      shape += Array.isArray(value) ? '[' : '{';
      for (const key in value) {
        const inner = (value as Record<string, unknown>)[key];
        shape += delimited(key);
        add(inner);
        if (typeof inner === 'string') sorted[key]?.push(inner);
      }
      shape += '}';
    } else shape += `${value} `;
  };
  add(catalog);
  return { shape: shape + Object.values(sorted).map(order).join('|'), texts };
}

/** A text with its length, so that two different shapes never have the same text. Faster than quoting. */
function delimited(text: string): string {
  return `${text.length}:${text}`;
}

/** The same catalog with other texts for its own. */
export function withTexts(
  catalog: Catalog,
  settingTexts: SettingTexts,
  replacement: (text: string) => string,
): Catalog {
  return mapTexts(catalog, (text) => (settingTexts.has(text) ? text : replacement(text))) as Catalog;
}

/** A copy of plain data with every text replaced, except keys. */
export function mapTexts(value: unknown, replacement: (text: string) => string): unknown {
  if (typeof value === 'string') return replacement(value);
  if (Array.isArray(value)) return value.map((inner) => mapTexts(inner, replacement));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, replacement)]));
}

/** The order of each two texts. */
function order(texts: readonly string[]): string {
  let comparisons = '';
  for (let i = 1; i < texts.length; i++)
    for (let j = 0; j < i; j++) comparisons += (texts[j] as string) < (texts[i] as string) ? '<' : '>';
  return comparisons;
}
