import { printable } from './printable.ts';

const maxCodeLength = 300;

/**
 * An untrusted text as a code span: there GitHub and GitLab make no mention, link, reference, emoji or HTML of it.
 * Invisible characters and newlines are escaped, so that the text cannot end the span. Not for cells of tables, which
 * end at any `|`.
 */
export function code(text: string): string {
  const shown = printable(
    text.length <= maxCodeLength ? text : `${[...text].slice(0, maxCodeLength).join('')}…`,
  );
  const ticks = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(ticks + 1);
  // Markdown strips one blank from both ends of a span; an empty span is not a span.
  const isPadded = /^[ `]|[ `]$/.test(shown) || shown === '';
  return `${fence}${isPadded ? ` ${shown} ` : shown}${fence}`;
}
