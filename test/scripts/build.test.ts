import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { external } from '../../scripts/build.mjs';
import { sourcesOf } from '../support/loaded.ts';

test('what is not bundled is installed with the program, and nothing else is', () => {
  expect(Object.keys(manifest.dependencies).sort()).toEqual([...external].sort());
});

test('lib has the licence of every package that it has code of', async () => {
  const files = (await readdir('lib', { recursive: true })).filter((file) => file.endsWith('.js'));
  const sources = (await Promise.all(files.map((file) => sourcesOf(`lib/${file}`)))).flat();
  const packages = sources.flatMap((path) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  expect(packages).toContain('zod');
  const licences = await readFile('lib/LICENCES.txt', 'utf8');
  for (const name of new Set(packages)) expect(licences).toMatch(new RegExp(`^${name} [0-9.]+ \\(`, 'm'));
});
