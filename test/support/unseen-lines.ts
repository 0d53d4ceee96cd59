/** What cannot be seen, or changes what is seen. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Bidi_Control}\u200b-\u200d\u2060\ufeff\u00ad]|(?! )\p{Zs}/u;

/** Lines with something in them that a reviewer does not see. */
export function unseenLines(written: string): string[] {
  const lines = written.replace(/\n$/, '').split('\n');
  return lines.filter((line) => unseen.test(line) || /\s$/.test(line));
}
