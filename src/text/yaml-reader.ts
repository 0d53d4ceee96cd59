import { type Document, isAlias, isMap, isScalar, LineCounter, type Pair, parseDocument, visit } from 'yaml';
import { keyForMessage, valueForMessage } from './credential-form.ts';
import { UsageError } from './errors.ts';
import { cutLongList } from './long-yaml-list.ts';
import { yaml11Type } from './yaml-scalars.ts';

/**
 * Reads a YAML 1.2 document. What readers of YAML 1.1 (kubectl, PyYAML) would read as another value is refused. Merge
 * keys `<<` are merged, as those readers do.
 *
 * @param path name of the file, for messages.
 * @returns plain data, as from `JSON.parse`.
 * @param maxLength characters that are parsed at once, where the text is a list that can be cut.
 * @throws UsageError with line and column: not YAML, several documents, tags, aliases of nothing, keys that are no text
 *   or that a mapping has twice, and scalars without quotes that are ambiguous.
 */
export function parseYaml(path: string, text: string, maxLength = 30_000): unknown {
  const parts = text.length > maxLength ? cutLongList(text, maxLength) : undefined;
  try {
    if (parts !== undefined) return joined(parts.map((part) => parseWhole(path, part)));
  } catch {
    // The whole has the line of the problem.
  }
  return parseWhole(path, text);
}

/** One mapping of mappings with the same key, each of which has a list. */
function joined(parts: readonly unknown[]): unknown {
  const [key = ''] = Object.keys(parts[0] as object);
  return { [key]: parts.flatMap((part) => (part as Record<string, unknown>)[key]) };
}

function parseWhole(path: string, text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, merge: true });
  const refuse = (offset: number, problem: string): never => {
    const { line, col } = lineCounter.linePos(offset);
    throw new UsageError(`${path}:${line}:${col}: ${problem}`);
  };
  const [error] = document.errors;
  if (error?.code === 'MULTIPLE_DOCS')
    refuse(error.pos[0], 'a second document begins here; expected one, so remove this line or what follows');
  if (error !== undefined) refuse(error.pos[0], `is not YAML: ${withoutWords(error.message)}`);
  // An unknown tag, or an unknown directive.
  const [warning] = document.warnings;
  if (warning !== undefined) refuse(warning.pos[0], `cannot be read: ${withoutWords(warning.message)}`);
  if (document.directives?.yaml.explicit && document.directives.yaml.version !== '1.2')
    refuse(0, `is YAML ${document.directives.yaml.version}; this file is read as 1.2: remove the line %YAML`);
  const found = firstProblem(document);
  if (found !== undefined) refuse(found.offset, found.problem);
  try {
    return document.toJS({ maxAliasCount });
  } catch (cause) {
    throw new UsageError(`${path}: cannot be read: ${withoutWords((cause as Error).message)}`);
  }
}

/** The library repeats what it did not understand: an alias, a tag, a directive. */
function withoutWords(message: string): string {
  if (message.includes('call stack'))
    return 'it has too many levels, or an alias within its own anchor; write that part without them';
  return message.replaceAll(/\S+/g, keyForMessage);
}

/** Every org may refer to one anchor. Nested anchors, which grow exponentially, are refused. */
const maxAliasCount = 100_000;

interface Anchored {
  readonly anchor?: string | undefined;
}

interface Found {
  /** Its position in the text. */
  readonly offset: number;
  readonly problem: string;
}

function firstProblem(document: Document): Found | undefined {
  let found: Found | undefined;
  const at = (node: unknown, problem: string | undefined): symbol | undefined => {
    if (problem === undefined) return undefined;
    const { range } = node as { range?: readonly number[] | null };
    found = { offset: range?.[0] ?? 0, problem };
    return visit.BREAK;
  };
  // In the order of the text, so that an alias is of the last one before it. Alias.resolve reads the whole document.
  const anchored = new Map<string, unknown>();
  const keep = (node: Anchored): void => {
    if (node.anchor !== undefined) anchored.set(node.anchor, node);
  };
  const resolved = (node: unknown) => (isAlias(node) ? anchored.get(node.source) : node);
  visit(document, {
    Map(_, node) {
      keep(node);
      const tag = foreignTag(node);
      if (tag !== undefined) return at(node, tag);
      const { items } = node;
      const keys = new Set<string>();
      let hasMerge = false;
      for (const { key } of items) {
        const written = isScalar(key) && key.type === 'PLAIN' ? key.source : undefined;
        const name = isScalar(key) ? String(key.value) : undefined;
        if (written === '<<') {
          // PyYAML takes the last of them, the yaml package the first, and yaml.v3 refuses them.
          if (hasMerge)
            return at(key, 'has the merge key << twice in one mapping; write one, with a list: <<: [*a, *b]');
          hasMerge = true;
          continue;
        }
        if (name === undefined) return at(key, 'a key has to be a text');
        if (keys.has(name))
          return at(key, `has the key ${valueForMessage(name)} twice in one mapping; keep one of them`);
        keys.add(name);
        if (written !== undefined && written !== name)
          return at(
            key,
            `the key ${keyForMessage(written)} is read as ${keyForMessage(name)}; put it in quotes`,
          );
      }
      return undefined;
    },
    Pair: (_, { key, value }) =>
      isMergeKey(key) && !isMergeSource(resolved(value), resolved)
        ? at(
            key,
            'the merge key << takes a mapping, an alias of one, or a list of aliases; in quotes it is a key',
          )
        : undefined,
    Alias: (_, node) =>
      anchored.has(node.source)
        ? undefined
        : at(node, `there is no anchor ${keyForMessage(node.source)} before this alias`),
    Seq(_, node) {
      keep(node);
      return at(node, foreignTag(node));
    },
    Scalar(place, node) {
      keep(node);
      return node.tag === undefined && node.type === 'PLAIN' && !(place === 'key' && isMergeKey(node))
        ? at(node, ambiguity(node.source ?? '', node.value))
        : at(node, foreignTag(node));
    },
  });
  return found;
}

/** Whether a value has a tag that JSON has no type for. */
function foreignTag(node: { readonly tag?: string | undefined }): string | undefined {
  const known = ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(
    (type) => `tag:yaml.org,2002:${type}`,
  );
  return node.tag === undefined || known.includes(node.tag)
    ? undefined
    : `cannot be read: the tag ${keyForMessage(node.tag)} has no place here`;
}

function isMergeKey(key: Pair['key']): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}

function isMergeSource(source: unknown, resolved: (node: unknown) => unknown): boolean {
  return isMap(source) || isSeqOf(source, (item) => isMap(resolved(item)));
}

function isSeqOf(node: unknown, holds: (item: unknown) => boolean): boolean {
  return (
    typeof node === 'object' && node !== null && 'items' in node && (node.items as unknown[]).every(holds)
  );
}

/**
 * What is wrong with an unquoted scalar that readers of YAML 1.1 take for another value. Timestamps are accepted:
 * Kubernetes reads them as strings, and database dumps often have them.
 */
function ambiguity(written: string, value: unknown): string | undefined {
  const type = yaml11Type(written);
  if (type === undefined || type === 'timestamp') return undefined;
  if (typeof value === 'string')
    return `${written} is ${nameOf[type]} to other readers of YAML; ${remedyOf[type]}`;
  const isOctal =
    /^[-+]?0[0-7_]+$/.test(written) && Number.parseInt(written.replace(/[-+]/, ''), 8) !== value;
  return isOctal
    ? `${written} is an octal number to other readers of YAML; write it without the leading zero, or put it in quotes`
    : undefined;
}

const inQuotes = 'put it in quotes';
const nameOf = {
  bool: 'true or false',
  float: 'a number',
  int: 'a number',
  merge: 'a merge key',
  null: 'null',
  value: 'a default value',
};
const remedyOf = {
  bool: 'write true or false, or put it in quotes',
  float: inQuotes,
  int: inQuotes,
  merge: inQuotes,
  null: inQuotes,
  value: inQuotes,
};
