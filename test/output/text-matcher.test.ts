import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextMatcher } from '../../src/output/text-matcher.ts';
import { withDirectory } from '../support/tree.ts';

test('a file matches its own text and no other, whatever was compared before', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'x.yaml');
    const matcher = new TextMatcher();
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      // Around the size to begin with, where characters of several bytes need more of it.
      fc
        .tuple(fc.constantFrom('x', 'é', '語', '💥'), fc.integer({ min: 21_840, max: 22_000 }))
        .map(([character, length]) => character.repeat(length)),
    );
    fc.assert(
      fc.property(text, text, (found, wanted) => {
        writeFileSync(path, found);
        expect(matcher.matches(path, found)).toBe(true);
        expect(matcher.matches(path, wanted)).toBe(Buffer.from(found).equals(Buffer.from(wanted)));
        for (const other of [`${found}x`, found.slice(0, -1)])
          expect(matcher.matches(path, other)).toBe(Buffer.from(found).equals(Buffer.from(other)));
      }),
    );
  }));

test('compares bytes: what is no UTF-8 is not the character that it would be read as', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'x.yaml');
    writeFileSync(path, Buffer.from([0x61, 0xff]));
    expect(new TextMatcher().matches(path, 'a\ufffd')).toBe(false);
  }));

test('neither follows a link nor reads a directory', () =>
  withDirectory(async (directory) => {
    const matcher = new TextMatcher();
    writeFileSync(join(directory, 'x.yaml'), 'text');
    symlinkSync('x.yaml', join(directory, 'link'));
    mkdirSync(join(directory, 'directory'));
    expect(() => matcher.matches(join(directory, 'link'), 'text')).toThrow('ELOOP');
    expect(() => matcher.matches(join(directory, 'directory'), 'text')).toThrow('EISDIR');
    expect(() => matcher.matches(join(directory, 'missing'), 'text')).toThrow('ENOENT');
  }));

test('does not wait for a pipe', () =>
  withDirectory(async (directory) => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const module = join(import.meta.dirname, '../../src/output/text-matcher.ts');
    const program = `import { TextMatcher } from '${module}'; console.log(new TextMatcher().matches('${pipe}', 'text'));`;
    // In a process of its own: one that waits for a pipe can be ended from outside only.
    const node = ['--import', 'tsx', '--input-type=module', '--eval', program];
    expect(execFileSync(process.execPath, node, { encoding: 'utf8', timeout: 20_000 })).toBe('false\n');
  }));
