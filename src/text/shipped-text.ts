import { readFileSync } from 'node:fs';

/** The build writes these texts into the bundle, by path, so that lib/ needs no other file. */
declare const shippedTexts: Readonly<Record<string, string>> | undefined;

/**
 * A text of the repository that the program renders or copies: the health check for Argo CD, the files of `init`.
 *
 * @param path of the file in the repository; `scripts/build.mjs` lists the directories.
 */
export function shippedText(path: string): string {
  if (typeof shippedTexts === 'undefined')
    return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const text = shippedTexts[path];
  if (text === undefined) throw new Error(`${path} is not in the bundle: add it to scripts/build.mjs`);
  return text;
}
