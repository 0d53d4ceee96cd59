import { UsageError } from '../text/errors.ts';
import { nameForMessage } from '../text/printable.ts';
import { parseText, readPieces, readText } from '../text/text-file.ts';
import { Unexpected } from '../text/unexpected.ts';
import { jsonElements } from './json-list.ts';
import type { RawRecord } from './raw-record.ts';
import { similarColumn } from './warehouse-record.ts';

const key = 'warehouses';

/**
 * Reads the warehouses of a file: a list under the key `warehouses`, whose entries have the table's column
 * names as keys. `.json` is JSON, everything else YAML 1.2; both are read a piece at a time.
 *
 * @param warn is given one line for each column that is unknown and close to a known one.
 * @returns one raw record per entry, in the file's order; `state` is `ready` where the entry does not say.
 * @throws UsageError when the file cannot be read, or is not of that shape; the message has line and column.
 */
export async function* readWarehouseFile(
  path: string,
  warn: (message: string) => void = () => undefined,
): AsyncGenerator<RawRecord> {
  let index = 0;
  const unknown = new UnknownColumns();
  for await (const batch of path.endsWith('.json') ? elementsOfJson(path) : elementsOfYaml(path)) {
    for (const columns of batch) {
      const at = `${key}[${index}]`;
      if (isRecord(columns)) unknown.look(at, columns);
      yield { at, columns: withState(columns) };
      index += 1;
    }
  }
  for (const warning of unknown.warnings()) warn(`${path}: ${warning}`);
}

/** Columns that are not known and close to one that is: ignored, and most likely a mistake. */
class UnknownColumns {
  private readonly found = new Map<string, { meant: string | undefined; first: string; more: number }>();

  look(at: string, columns: Readonly<Record<string, unknown>>): void {
    for (const column of Object.keys(columns)) {
      const known = this.found.get(column);
      if (known !== undefined) known.more += 1;
      else this.found.set(column, { meant: similarColumn(column), first: at, more: 0 });
    }
  }

  *warnings(): Generator<string> {
    for (const [column, { meant, first, more }] of this.found)
      if (meant !== undefined)
        yield `${first}.${nameForMessage(column)}${more > 0 ? ` and ${more} more` : ''}: is not a column, and is ignored; did you mean ${meant}?`;
  }
}

async function* elementsOfJson(path: string): AsyncGenerator<readonly unknown[]> {
  let read: { around: string; isFound: boolean };
  try {
    read = yield* jsonElements(readPieces(path), key);
  } catch (error) {
    if (!(error instanceof Unexpected || error instanceof SyntaxError)) throw error;
    // The file as a whole says best what is wrong with it.
    await elementsOfFile(path);
    throw error;
  }
  const others = listOf(path, parseText(path, read.around));
  if (!read.isFound) yield others;
  else if (others.length > 0) throw new UsageError(`${path}: has two lists under the key "${key}"`);
}

async function* elementsOfYaml(path: string): AsyncGenerator<readonly unknown[]> {
  const { yamlItems } = await import('./yaml-list.ts');
  let count = 0;
  try {
    for await (const items of yamlItems(readPieces(path), key)) {
      yield items;
      count += items.length;
    }
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    yield (await elementsOfFile(path)).slice(count);
  }
}

async function elementsOfFile(path: string): Promise<readonly unknown[]> {
  return listOf(path, parseText(path, await readText(path)));
}

function listOf(path: string, content: unknown): readonly unknown[] {
  const list = isRecord(content) ? content[key] : undefined;
  if (Array.isArray(list)) return list;
  throw new UsageError(`${path}: expected a list under the key "${key}", one entry per organisation`);
}

function withState(columns: unknown): unknown {
  return isRecord(columns) && (columns.state === undefined || columns.state === null)
    ? { ...columns, state: 'ready' }
    : columns;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
