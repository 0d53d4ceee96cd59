import { parseText, readText } from '../files/text-file.ts';
import { UsageError } from '../report/errors.ts';
import type { RawRecord } from './raw-record.ts';

/**
 * Reads the warehouses of a file: a list under the key `warehouses`, whose entries have the table's column
 * names as keys. `.json` is read by `JSON.parse`, everything else as YAML 1.2.
 *
 * @returns one raw record per entry, in the file's order; `state` is `ready` where the entry does not say.
 * @throws UsageError when the file cannot be read, or is not of that shape; the message has line and column.
 */
export async function readWarehouseFile(path: string): Promise<RawRecord[]> {
  const content = parseText(path, await readText(path));
  const warehouses = isRecord(content) ? content.warehouses : undefined;
  if (!Array.isArray(warehouses))
    throw new UsageError(`${path}: expected a list under the key "warehouses", one entry per organisation`);
  return warehouses.map((columns: unknown, index) => ({
    at: `warehouses[${index}]`,
    columns: isRecord(columns) ? { ...columns, state: columns.state ?? 'ready' } : columns,
  }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
