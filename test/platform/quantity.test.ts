import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalQuantity, inThousandths } from '../../src/platform/quantity.ts';

test.each([
  ['0.5', '500m'],
  ['1000m', '1'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['1536Mi', '1536Mi'],
  ['1.10', '1100m'],
  ['0', '0'],
  ['0Mi', '0'],
  ['1000', '1k'],
  ['1000k', '1M'],
  ['1024', '1024'],
  ['512Ki', '512Ki'],
  ['0.5Ki', '512'],
  ['1023Ki', '1023Ki'],
  ['2Ei', '2Ei'],
  ['0100m', '100m'],
])('%s is written as %s', (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});

const quantities = fc
  .tuple(
    fc.nat(10_000),
    fc.option(fc.nat(999), { nil: undefined }),
    fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi'),
  )
  .map(([whole, fraction, suffix]) => `${whole}${fraction === undefined ? '' : `.${fraction}`}${suffix}`)
  .filter((text) => inThousandths(text) !== undefined);

test('a canonical form is worth the same, and is its own canonical form', () => {
  fc.assert(
    fc.property(quantities, (text) => {
      const canonical = canonicalQuantity(text);
      expect(inThousandths(canonical)).toBe(inThousandths(text));
      expect(canonicalQuantity(canonical)).toBe(canonical);
    }),
  );
});
