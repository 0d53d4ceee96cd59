import fc from 'fast-check';
import { expect, test } from 'vitest';
import { header, isAsWritten, sealed } from '../../src/tree/header.ts';

const body = 'kind: Lakekeeper\nspec:\n  replicas: 2\n';

test('the header stays the first line, and the digest is the second', () => {
  const [first, second, ...rest] = sealed(body).split('\n');
  expect(first).toBe(header);
  expect(second).toMatch(/^# Digest of what follows: sha256:[0-9a-f]{64}$/);
  expect(rest.join('\n')).toBe(body);
});

test('any edit of a file is detected by its digest', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.nat(),
      fc.string({ minLength: 1, maxLength: 3 }),
      (text, at, more) => {
        const file = sealed(text);
        expect(isAsWritten(file)).toBe(true);
        const place = header.length + 1 + (at % (file.length - header.length));
        const edited = file.slice(0, place) + more + file.slice(place);
        if (edited !== file && Buffer.from(edited).toString() === edited && text.isWellFormed())
          expect(isAsWritten(edited)).toBe(false);
      },
    ),
  );
});

test.each([
  ['an edited number', sealed(body).replace('2\n', '3\n')],
  ['a digest that is gone', `${header}\n${body}`],
  ['other line ends', sealed(body).replaceAll('\n', '\r\n')],
  ['nothing', ''],
  ['one line', header],
])('%s is an edit', (_, text) => {
  expect(isAsWritten(text)).toBe(false);
});
