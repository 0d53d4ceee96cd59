import { Document, type Node, visit } from 'yaml';
import { isPrintable, printableLines } from './printable.ts';
import { yaml11Type } from './yaml-scalars.ts';

/**
 * Writes plain data as a YAML document: keys in Kubernetes' order and then sorted, quoting of YAML 1.1, which is what
 * Kubernetes parses, long text as block scalars, and nothing unseen: control, zero-width and bidirectional characters,
 * of a hostile org id say, stand as escapes in quotes.
 *
 * @param addComments is called with the document's nodes before they are written.
 */
export function toYaml(
  object: unknown,
  addComments: (contents: Node | null) => void = () => undefined,
): string {
  const document = new Document(object, {
    version: '1.1',
    aliasDuplicateObjects: false,
    // With it, a key << is written without its quotes, and merges mappings when it is read.
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== mergeTag),
    sortMapEntries: (a, b) => compareKeys(String(a.key), String(b.key)),
  });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && needsQuotes(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  addComments(document.contents as Node | null);
  // Every character that is replaced is inside a double-quoted scalar now.
  return printableLines(
    document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER }),
  );
}

/**
 * Whether a text must stand in double quotes although the `yaml` package would not put it there: it has characters that
 * cannot be seen; or it has blanks where a block scalar would lose them; or some reader of YAML 1.1 takes it for no
 * text.
 */
function needsQuotes(text: string): boolean {
  const losesBlanks = text.includes('\n') && /^\s|[ \t](\n|$)/.test(text);
  return !isPrintable(text) || losesBlanks || yaml11Type(text) !== undefined;
}

const mergeTag = 'tag:yaml.org,2002:merge';

const firstKeys = ['apiVersion', 'kind', 'metadata', 'name'];

function compareKeys(a: string, b: string): number {
  const rank = (key: string) => (firstKeys.indexOf(key) + firstKeys.length + 1) % (firstKeys.length + 1);
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}
