import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import { UsageError } from './errors.ts';
import { repeatedKey } from './repeated-key.ts';

/** Reads a text file that the user named. @throws UsageError that says why it cannot be read. */
export async function readText(path: string): Promise<string> {
  try {
    // Editors on Windows begin files with a byte order mark, which JSON.parse does not know.
    return (await readFile(path, 'utf8')).replace(/^\ufeff/, '');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): UsageError {
  const code = codeOf(cause);
  const reason =
    code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : String(code);
  return new UsageError(`cannot read ${path}: ${reason}`);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Parses JSON (by the ending `.json`) or YAML. @throws UsageError with line and column. */
export function parseText(path: string, text: string): unknown {
  return path.endsWith('.json') ? parseJson(path, text) : parseYaml(path, text);
}

function parseJson(path: string, text: string): unknown {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${path}: is not JSON: ${(cause as Error).message}`);
  }
  // Of two values JSON.parse takes the last, silently; in YAML that is an error.
  const repeated = repeatedKey(text);
  if (repeated !== undefined)
    throw new UsageError(
      `${path}:${repeated.line}: has the key ${repeated.key} twice in one object; keep one of them`,
    );
  return content;
}

function parseYaml(path: string, text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new UsageError(`${path}:${line}:${col}: is not YAML: ${error.message}`);
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new UsageError(`${path}: ${(cause as Error).message}`);
  }
}
