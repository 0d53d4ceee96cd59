import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { lakekeeperGitops } from './program.ts';

/**
 * What a run of the program, as it is shipped, loaded. Node itself says which files it had, and their source maps of
 * what they are made.
 */
export interface Loaded {
  /** Paths of the files that are not of lib. */
  readonly foreign: readonly string[];
  /** The packages that their code is of, without what other packages brought along; sorted. */
  readonly packages: readonly string[];
  /** Paths of what was bundled into them, relative to the project. */
  readonly sources: readonly string[];
  /** Size of all files. */
  readonly bytes: number;
}

/** Runs the program, which is to succeed. @param directory an empty one, for what Node reports. */
export async function loadedBy(directory: string, ...args: string[]): Promise<Loaded> {
  const { code, stderr } = await lakekeeperGitops(args, { env: { NODE_V8_COVERAGE: directory } });
  expect(code, stderr).toBe(0);
  const [report = ''] = await readdir(directory);
  const { result } = JSON.parse(await readFile(join(directory, report), 'utf8')) as Coverage;
  const files = result.flatMap(({ url }) => (url.startsWith('file:') ? fileURLToPath(url) : []));
  const sizes = await Promise.all(files.map((file) => stat(file)));
  const sources = (await Promise.all(files.filter(isBundled).map(sourcesOf))).flat();
  const packages = sources.flatMap((path) => /^node_modules\/((@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return {
    foreign: files.filter((file) => !isBundled(file)),
    packages: [...new Set(packages)].sort(),
    sources,
    bytes: sizes.reduce((sum, { size }) => sum + size, 0),
  };
}

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

const lib = fileURLToPath(new URL('../../lib/', import.meta.url));

function isBundled(file: string): boolean {
  return file.startsWith(lib);
}

/** What a file of lib was made of, as its source map says. */
export async function sourcesOf(file: string): Promise<string[]> {
  const { sources } = JSON.parse(await readFile(`${file}.map`, 'utf8')) as { sources: string[] };
  return sources.map((path) => path.replace(/^(\.\.\/)+/, ''));
}
