/**
 * Finds the first key that an object has twice.
 *
 * @param json text that `JSON.parse` accepts.
 * @returns the key as it is written, in quotes, and the line where it is repeated; undefined when there is none.
 */
export function repeatedKey(json: string): { readonly key: string; readonly line: number } | undefined {
  const open: Set<string>[] = [];
  for (const { index, 0: token, 1: key } of json.matchAll(keyOrBrace)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (key !== undefined) {
      const keys = open.at(-1);
      const name = key.includes('\\') ? JSON.parse(key) : key.slice(1, -1);
      if (keys?.has(name)) return { key, line: json.slice(0, index).split('\n').length };
      keys?.add(name);
    }
  }
  return undefined;
}

/** A key, any other string (so that braces in it are skipped), or a brace. */
const keyOrBrace = /("[^"\\]*(?:\\.[^"\\]*)*")\s*:|"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/g;
