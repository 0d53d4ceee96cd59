/**
 * Cuts YAML that is one long list under a key into texts that have the key and some of the items each: the parser
 * needs some 50 times the memory of its text (10,000 orgs at once: 150 MB).
 *
 * A line with `- ` at the indentation of the list begins an item, because all that is inside of an item is indented
 * further (https://yaml.org/spec/1.2.2/#821-block-sequences). Text that breaks this rule is no YAML, and neither are
 * its parts.
 *
 * @param length of the parts, in characters; an item is never cut.
 * @returns undefined for any other YAML, and for a list with anchors, which other items may refer to.
 */
export function cutLongList(text: string, length: number): readonly string[] | undefined {
  const head = /^(?: *(?:#.*)?\r?\n)*\w+: *\r?\n(?=( *)- )/.exec(text);
  // The characters are ends of lines to a regular expression, and not to YAML.
  if (head === null || /[&\u2028\u2029]|\r(?!\n)/.test(text)) return undefined;
  const [before, indent = ''] = head;
  const list = text.slice(before.length);
  const isOther = new RegExp(`^(?!${indent}- |${indent}-?\\r?$|${indent} | *(#.*)?\\r?$)`, 'm');
  if (isOther.test(list)) return undefined;
  const parts: string[] = [];
  let start = 0;
  for (const { index } of list.matchAll(new RegExp(`^${indent}-(?= |\\r?$)`, 'gm'))) {
    if (index - start < length) continue;
    parts.push(before + list.slice(start, index));
    start = index;
  }
  return [...parts, before + list.slice(start)];
}
