import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scalar } from '../../../src/manifests/shapes/scalar.ts';
import { toYaml } from '../../../src/text/yaml-writer.ts';
import { anyText, hostileTexts } from '../../support/arbitrary.ts';

const texts = fc.oneof(
  anyText,
  fc.stringMatching(/^[-+]?[0-9._]{0,3}[xXoObBeE]?[-+]?[0-9a-fA-F_:-]{0,12}$/),
  fc.stringMatching(/^[A-Za-z0-9_.:/-]{1,12}$/),
  fc.stringMatching(/^[0-9a-f]{64}$/),
  fc.stringMatching(/^0b[01]{62}$/),
  fc.stringMatching(/^[0-9]{20}e[0-9]{43}$/),
  fc.constantFrom(
    'true',
    'Yes',
    'off',
    'NULL',
    'y',
    'http://a:8181',
    'a:',
    '12:30',
    '2026-11-23T00:00:00Z',
    '1_000',
  ),
);

test('a text is written as it is in a document, wherever it stands there', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const written = scalar(text);
      fc.pre(written !== undefined);
      expect(toYaml({ spec: { list: [text, { key: text }], key: text } })).toBe(
        `spec:\n  key: ${written}\n  list:\n    - ${written}\n    - key: ${written}\n`,
      );
    }),
    { numRuns: 1000, examples: hostileTexts.map((text) => [text]) },
  );
});

test('a text that takes several lines is no scalar', () => {
  expect(scalar('one\ntwo\n')).toBeUndefined();
});
