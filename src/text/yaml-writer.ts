import { Document, type Node, visit } from 'yaml';
import { isPrintable, printableLines } from './printable.ts';
import { yaml11Type } from './yaml-scalars.ts';

/**
 * One object as YAML. Keys are in the order of Kubernetes and then sorted. Quotes are those of YAML 1.1, which
 * Kubernetes parses; long text is a block scalar. Invisible characters (control, zero-width, bidirectional) are escapes
 * in quotes.
 *
 * @param addComments called with the nodes of the document before they are written.
 */
export function toYaml(
  object: unknown,
  addComments: (contents: Node | null) => void = () => undefined,
): string {
  const document = new Document(object, {
    version: '1.1',
    aliasDuplicateObjects: false,
    // With that tag, a key << is written without quotes, and a reader would merge mappings.
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== mergeTag),
    sortMapEntries: (a, b) => compareKeys(String(a.key), String(b.key)),
  });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && needsQuotes(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  addComments(document.contents as Node | null);
  // All invisible characters are in double-quoted scalars now, so they can be escaped.
  return printableLines(
    document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER }),
  );
}

/**
 * Whether a text needs double quotes that the `yaml` package would not write: it has invisible characters, or blanks
 * that a block scalar would lose, or a reader of YAML 1.1 would not read it as a string.
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
