import { printable } from './printable.ts';

const longest = 300;

/**
 * A text from outside as a code span: in it, and only in it, GitHub and GitLab make no mention, link, reference, emoji
 * or HTML of anything. What cannot be seen is escaped, and newlines with it, so that the span ends where it should. Not
 * for cells of tables, which end at any `|`.
 */
export function code(text: string): string {
  const shown = printable(text.length <= longest ? text : `${[...text].slice(0, longest).join('')}…`);
  const ticks = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(ticks + 1);
  // A span loses one blank at both ends, and an empty one is none.
  const isPadded = /^[ `]|[ `]$/.test(shown) || shown === '';
  return `${fence}${isPadded ? ` ${shown} ` : shown}${fence}`;
}
