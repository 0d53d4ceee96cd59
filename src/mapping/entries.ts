import { UsageError } from '../text/errors.ts';
import { parseText } from '../text/text-file.ts';

/** The entries of a file or stream, one per organisation, and the address of their list. */
export interface Entries {
  readonly key: string;
  readonly list: readonly unknown[];
}

/** The entries under the key `warehouses`. @returns undefined when that is no list. */
export function warehousesIn(content: unknown): Entries | undefined {
  return listAt(content, 'warehouses');
}

/** Also a list by itself, as an API returns it, and under `items`, as `kubectl get -o json` prints it. */
export function anyEntriesIn(content: unknown): Entries | undefined {
  if (Array.isArray(content)) return { key: '', list: content };
  return warehousesIn(content) ?? listAt(content, 'items');
}

function listAt(content: unknown, key: string): Entries | undefined {
  const list = (content as Record<string, unknown> | null | undefined)?.[key];
  return Array.isArray(list) ? { key, list } : undefined;
}

export const standardInput = 'standard input';

/**
 * Parses what comes on standard input: JSON, JSON lines (one entry in each), or YAML.
 *
 * @throws UsageError with line and column, as of a YAML file.
 */
export function parseStream(text: string): unknown {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (isJson(text)) {
    const content = parseText(`${standardInput}.json`, text);
    return lines.length === 1 && anyEntriesIn(content) === undefined ? [content] : content;
  }
  if (lines.length > 1 && lines.every((line) => line.trimStart().startsWith('{') && isJson(line)))
    return lines.map((line, i) => parseText(`${standardInput}, line ${i + 1}.json`, line));
  if (/^\s*[[{]\s*"/.test(text))
    throw new UsageError(`${standardInput}: begins like JSON, and is neither JSON nor JSON lines`);
  return parseText(standardInput, text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
