import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { licencesOf } from '../../scripts/licences.mjs';
import { withDirectory } from '../support/tree.ts';

/** Calls with packages below a directory of its own, named by their directories there. */
function withPackages(
  packages: Readonly<Record<string, Readonly<Record<string, string>>>>,
  work: (root: string) => void,
): Promise<void> {
  return withDirectory(async (root) => {
    for (const [directory, files] of Object.entries(packages)) {
      const name = directory.slice(directory.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const manifest = JSON.stringify({ name, version: '1.2.3', license: 'MIT' });
      for (const [file, text] of Object.entries({ 'package.json': manifest, ...files })) {
        const path = join(root, directory, file);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text);
      }
    }
    work(root);
  });
}

describe('the licences of bundled files', () => {
  test('are those of their packages, each once, with notices', () =>
    withPackages(
      {
        'node_modules/a': { LICENSE: 'Licence of a\n', NOTICE: 'Notice of a\n' },
        'node_modules/a/node_modules/b': { 'licence.md': 'Licence of b\n' },
        'node_modules/@scope/c': { License: 'Licence of c\n' },
        'node_modules/unused': { LICENSE: 'Licence of what is not bundled\n' },
      },
      (root) => {
        const files = ['a/x.js', 'a/lib/y.js', 'a/node_modules/b/z.js', '@scope/c/index.js'];
        const text = licencesOf([
          join(root, 'src/own.ts'),
          ...files.map((file) => join(root, 'node_modules', file)),
        ]);
        expect(text.split(`\n${'-'.repeat(80)}\n\n`)).toEqual([
          '@scope/c 1.2.3 (MIT)\n\nLicence of c\n',
          'a 1.2.3 (MIT)\n\nLicence of a\n\nNotice of a\n',
          'b 1.2.3 (MIT)\n\nLicence of b\n',
        ]);
      },
    ));

  test('are at the end of a README, where there is no file for it', () =>
    withPackages(
      { 'node_modules/a': { 'README.md': '# a\n\nUse it.\n\n## License\n\nDo as you like.\n' } },
      (root) =>
        expect(licencesOf([join(root, 'node_modules/a/x.js')])).toBe(
          'a 1.2.3 (MIT)\n\n## License\n\nDo as you like.\n',
        ),
    ));

  test('are there, or nothing is bundled', () =>
    withPackages({ 'node_modules/a': { 'README.md': '# a\n' } }, (root) =>
      expect(() => licencesOf([join(root, 'node_modules/a/x.js')])).toThrow(
        'a has no licence that could be bundled with it',
      ),
    ));
});
