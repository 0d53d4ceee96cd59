import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { pathForMessage } from './credential-form.ts';
import { UsageError } from './errors.ts';
import { codeOf } from './file-system-error.ts';
import { repeatedKey } from './repeated-key.ts';
import { parseYaml } from './yaml-reader.ts';

/** Reads a text file that the user named. @throws UsageError that says why it cannot be read. */
export async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return decoded(path, bytes);
}

/** Reads standard input to its end. @throws UsageError when it is not UTF-8. */
export async function readStandardInput(): Promise<string> {
  return decoded('standard input', await buffer(process.stdin));
}

function decoded(path: string, bytes: Buffer): string {
  try {
    // Removes a byte order mark, which editors on Windows write and JSON.parse refuses.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`cannot read ${path}: it is not UTF-8 text; save it in that encoding`);
  }
}

function unreadable(path: string, cause: unknown): UsageError {
  const code = codeOf(cause);
  const reason =
    code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : String(code);
  return new UsageError(`cannot read ${pathForMessage(path)}: ${reason}`);
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
    // V8 adds the surrounding text.
    const message = (cause as Error).message.replace(/,? (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, '');
    throw new UsageError(`${path}: is not JSON: ${message}`);
  }
  // JSON.parse silently takes the last of two equal keys; in YAML they are an error.
  const repeated = repeatedKey(text);
  if (repeated !== undefined)
    throw new UsageError(
      `${path}:${repeated.line}: has the key ${repeated.key} twice in one object; keep one of them`,
    );
  return content;
}
