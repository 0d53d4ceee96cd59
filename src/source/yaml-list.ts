import { Unexpected } from '../text/unexpected.ts';
import { parseYaml } from '../text/yaml-reader.ts';

/** Items that are parsed at a time: many enough to be quick, few enough to take little memory. */
const perChunk = 100;

/**
 * The items of a list that is all there is in a YAML file, while the text of it comes in: `key:` on a line of its own, and below it items that
 * begin with a dash, all at the same depth. An item then ends where the next one begins, whatever is in it.
 *
 * @returns the items of some lines at a time.
 * @throws Unexpected when the file is not that simple, or not YAML: then only the parser of whole files knows what it says.
 */
export async function* yamlItems(pieces: AsyncIterable<string>, key: string): AsyncGenerator<unknown[]> {
  const chunks = new Chunks(key);
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const chunk = chunks.add(line);
      if (chunk !== undefined) yield parseItems(chunk);
    }
  }
  const last = chunks.add(rest);
  if (last !== undefined) yield parseItems(last);
  if (!chunks.hasItems) throw new Unexpected();
  yield parseItems(chunks.rest());
}

/** Puts lines together to chunks of whole items. */
class Chunks {
  private lines: string[] = [];
  private items = 0;
  private stage: 'before' | 'first' | 'items' = 'before';
  private dash = '';

  constructor(private readonly key: string) {}

  /** The lines before this one, when they are enough. */
  add(line: string): string | undefined {
    const content = line.trimStart();
    const isBlank = content === '' || content.startsWith('#') || content === '\r';
    if (!isBlank) {
      if (this.stage === 'before') {
        if (line.trimEnd() !== `${this.key}:`) throw new Unexpected();
        this.stage = 'first';
        return undefined;
      }
      const indent = line.length - content.length;
      if (this.stage === 'first') {
        this.dash = `${line.slice(0, indent)}- `;
        this.stage = 'items';
      }
      if (line.startsWith(this.dash)) {
        const full = this.items >= perChunk ? this.rest() : undefined;
        this.items += 1;
        this.lines.push(line);
        return full;
      }
      // Not below the dash of an item: something else than the list.
      if (indent < this.dash.length - 1) throw new Unexpected();
    }
    this.lines.push(line);
    return undefined;
  }

  /** Whether there was a list at all. */
  get hasItems(): boolean {
    return this.stage === 'items';
  }

  rest(): string {
    const chunk = this.lines.join('\n');
    this.lines = [];
    this.items = 0;
    return chunk;
  }
}

function parseItems(chunk: string): unknown[] {
  let items: unknown;
  try {
    items = parseYaml('', chunk);
  } catch {
    // The file as a whole says what is wrong with it; or it is an alias of what is in another chunk.
    throw new Unexpected();
  }
  if (!Array.isArray(items)) throw new Unexpected();
  return items;
}
