import { isMap, isPair, isScalar, isSeq, type Node, type Pair } from 'yaml';

/**
 * Reasons for an object's fields, in the structure of the object. Each is rendered as a YAML comment before its field;
 * that of the key `''` is before the object itself. Fields that the object does not have are ignored.
 */
export interface Explanations {
  readonly [field: string]: string | Explanations;
}

const commentWidth = 110;

/** Adds the explanations to a YAML document as comments. */
export function explain(node: unknown, explanations: Explanations): void {
  for (const [field, why] of Object.entries(explanations)) {
    const pair = field === '' ? undefined : fieldOf(node, field);
    if (field === '' && isCommentable(node) && typeof why === 'string') node.commentBefore = comment(why);
    if (pair === undefined) continue;
    if (typeof why !== 'string') explain(isPair(pair) ? pair.value : pair, why);
    else {
      const place = isPair(pair) ? pair.key : pair;
      if (isScalar(place) || isCommentable(place)) place.commentBefore = comment(why);
    }
  }
}

function fieldOf(node: unknown, field: string): Pair | Node | undefined {
  if (isMap(node)) return node.items.find(({ key }) => isScalar(key) && key.value === field);
  return isSeq(node) ? (node.items[Number(field)] as Node | undefined) : undefined;
}

function isCommentable(node: unknown): node is Node {
  return isMap(node) || isSeq(node) || isScalar(node);
}

function comment(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < commentWidth)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => ` ${line}`).join('\n');
}
