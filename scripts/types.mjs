// The type declarations of the API: those of src/api.ts, and of the files whose types it names. Plain JavaScript, as
// build.mjs is.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';

let made;

/**
 * Compiles once: a release is packed twice.
 *
 * @returns the text of each declaration file, by its path below `lib`; `api.d.ts` first.
 * @throws Error when one names a type of a package: no package is installed for its types.
 */
export function apiTypes() {
  made ??= makeTypes();
  return made;
}

function makeTypes() {
  const directory = mkdtempSync(join(tmpdir(), 'lakekeeper-gitops-types-'));
  try {
    const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
    // Types are checked by `npm run check`.
    const quick = ['--noCheck', '--singleThreaded'];
    const args = [compiler, '--project', 'tsconfig.api.json', '--outDir', directory, ...quick];
    execFileSync(process.execPath, args, { stdio: ['ignore', 2, 2] });
    const found = new Map();
    const visit = (path) => {
      if (found.has(path)) return;
      const text = readFileSync(join(directory, 'src', path), 'utf8');
      found.set(path, text.replaceAll(/(from ')(\.[^']*)\.ts'/g, "$1$2.js'"));
      for (const [, target] of text.matchAll(/\b(?:from |import\()'([^']+)'/g)) {
        if (!target.startsWith('.'))
          throw new Error(`the API names a type of the package ${target}, in src/${path}`);
        visit(normalize(join(dirname(path), target.replace(/\.ts$/, '.d.ts'))));
      }
    };
    visit('api.d.ts');
    return found;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * What is committed of the interface: docs/api.d.ts. A test holds it, so that a change of the interface is seen in
 * review.
 */
export function apiReport() {
  const files = [...apiTypes()].map(([path, text]) => `// ${path}\n${text}`);
  return (
    `// The typed interface of the package. Made by \`npm run schema\`; docs/releases.md says what a ` +
    `change of it means.\n\n${files.join('\n')}`
  );
}
