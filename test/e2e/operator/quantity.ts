const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/**
 * A quantity as Kubernetes writes it after it has read it: the largest suffix that leaves a whole number, of the same
 * family; `0.5` is `500m`. Without exponents, which the custom resources of the tests do not have.
 */
export function canonicalQuantity(text: string): string {
  const [, digits = '', suffix = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? [];
  if (digits === '') return text;
  const isBinary = suffix.endsWith('i');
  const [suffixes, base] = isBinary ? [binary, 1024n] : [decimal, 1000n];
  const [whole = '', fraction = ''] = digits.split('.');
  let value = BigInt(whole + fraction);
  let power = (suffixes as readonly string[]).indexOf(suffix);
  // Down to where it is whole, then up as far as it stays so.
  const scale = 10n ** BigInt(fraction.length);
  while (value % scale !== 0n && power > 0) {
    value *= base;
    power -= 1;
  }
  value /= scale;
  while (value !== 0n && value % base === 0n && power < suffixes.length - 1) {
    value /= base;
    power += 1;
  }
  return `${value}${suffixes[power]}`;
}
