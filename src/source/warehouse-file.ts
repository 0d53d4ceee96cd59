import { UsageError } from '../text/errors.ts';
import { parseText, readText } from '../text/text-file.ts';
import type { RawRecord } from './raw-record.ts';

const key = 'warehouses';

/**
 * Reads the warehouses of a file: a list under the key `warehouses`, whose entries have the table's column
 * names as keys. `.json` is JSON, everything else YAML 1.2.
 *
 * @returns one raw record per entry, in the file's order; `state` is `ready` where the entry does not say.
 * @throws UsageError when the file cannot be read, or is not of that shape; the message has line and column.
 */
export async function* readWarehouseFile(path: string): AsyncGenerator<RawRecord> {
  const content = parseText(path, await readText(path));
  const list = isRecord(content) ? content[key] : undefined;
  if (!Array.isArray(list))
    throw new UsageError(`${path}: expected a list under the key "${key}", one entry per organisation`);
  for (const [index, columns] of list.entries())
    yield { at: `${key}[${index}]`, columns: withState(columns) };
}

function withState(columns: unknown): unknown {
  return isRecord(columns) && (columns.state === undefined || columns.state === null)
    ? { ...columns, state: 'ready' }
    : columns;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
