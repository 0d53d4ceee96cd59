// The licences of bundled packages. All of them ask to go wherever the code goes. Plain JavaScript, as build.mjs is.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param files paths of bundled files, relative to the working directory.
 * @returns for each package that has some of them: its name, version, what it declares, and the texts of its licence
 *   and notice.
 * @throws Error when a package has no such text.
 */
export function licencesOf(files) {
  return packagesOf(files)
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

export function packagesOf(files) {
  const directories = files.flatMap((file) => /^.*\bnode_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(directories)].sort();
}

function licenceOf(directory) {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const texts = readdirSync(directory)
    .filter((file) => /^(licen[cs]e|notice)/i.test(file))
    .map((file) => readFileSync(join(directory, file), 'utf8'));
  if (texts.length === 0) texts.push(sectionOf(directory, name));
  return `${name} ${version} (${license})\n\n${texts.join('\n')}`;
}

/** Some have it at the end of their README alone. */
function sectionOf(directory, name) {
  const readme = readdirSync(directory).find((file) => /^readme/i.test(file));
  const text = readme === undefined ? '' : readFileSync(join(directory, readme), 'utf8');
  const start = text.search(/^#+ *licen[cs]e\b/im);
  if (start === -1) throw new Error(`${name} has no licence that could be bundled with it`);
  return text.slice(start);
}
