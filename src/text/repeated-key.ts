/**
 * The first key that an object has twice.
 *
 * @param json a text that `JSON.parse` takes.
 * @returns the key as it is written, in quotes, and the line of its second place; undefined when there is none.
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

/** Strings are passed over as a whole, whatever is in them. */
const keyOrBrace = /("[^"\\]*(?:\\.[^"\\]*)*")\s*:|"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/g;
