import { readFile } from 'node:fs/promises';
import { parse } from '@marcbachmann/cel-js';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { crd } from '../support/crd.ts';
import { crdDifferences } from '../support/crd-differences.ts';

describe('the difference of two CustomResourceDefinitions', () => {
  const changed = (change: (schema: { [key: string]: { [key: string]: object } }) => void) => {
    const copy = structuredClone(crd) as unknown as typeof crd & {
      spec: { versions: [{ schema: { openAPIV3Schema: { properties: { spec: { properties: never } } } } }] };
    };
    change(copy.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties);
    return copy;
  };

  test('is empty for one and the same, whatever it says in its descriptions', () => {
    expect(crdDifferences(crd, crd)).toEqual([]);
    const other = changed((spec) => Object.assign(spec.image ?? {}, { description: 'something else' }));
    expect(crdDifferences(crd, other)).toEqual([]);
  });

  test.each([
    ['a field that only they have', { extra: { type: 'string' } }, 'extra: nothing, {"type":"string"}'],
    ['another type', { image: { type: 'integer', minLength: 1 } }, 'image.type: "string", "integer"'],
    ['a limit that only we have', { image: { type: 'string' } }, 'image.minLength: 1, nothing'],
  ])('names %s', (_, change, expected) => {
    const differences = crdDifferences(
      crd,
      changed((spec) => Object.assign(spec, change)),
    );
    expect(differences).toHaveLength(1);
    expect(differences[0]).toContain(`spec.properties.${expected}`);
  });

  test('takes a rule that is stated twice for one', () => {
    const schema = { type: 'string', enum: ['b', 'a'] };
    const twice = { type: 'string', allOf: [{ enum: ['a', 'b'] }, { enum: ['a', 'b'] }] };
    expect(crdDifferences({ spec: schema }, { spec: twice })).toEqual([]);
  });
});

/**
 * `LAKEKEEPER_OPERATOR_CRD` is the file of an operator's own definition, such as `config/crd/bases/…` of its
 * repository: ours has to mean the same. Rules of CEL are in other words there, and what they admit is compared; of
 * patterns, another spelling is none.
 */
const file = process.env.LAKEKEEPER_OPERATOR_CRD;
if (file)
  test(`our statement of the resource is that of ${file}`, async () => {
    const [document] = parseAllDocuments(await readFile(file, 'utf8'));
    const theirs = inOneSpelling(document?.toJS()) as typeof crd;
    expect(crdDifferences(inOneSpelling(crd) as typeof crd, theirs)).toEqual([]);
  });

/**
 * Patterns with one spelling of what is the same, and of each rule what it says to every object that it can tell
 * apart.
 */
function inOneSpelling(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOneSpelling);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      if (key === 'pattern' && typeof field === 'string') return [key, spelling(field)];
      if (key === 'x-kubernetes-validations')
        return [key, (field as { rule: string }[]).map(({ rule }) => verdicts(rule))];
      return [key, inOneSpelling(field)];
    }),
  );
}

function spelling(pattern: string): string {
  const same = pattern.replaceAll('\\d', '[0-9]').replaceAll('a-zA-Z', 'A-Za-z').replaceAll('(?:', '(');
  // One, and then any number of the same.
  return same.replace(/^\^(.+)\(\1\)\*\$$/, '^($1)+$');
}

function verdicts(rule: string): Record<string, unknown> {
  const evaluate = parse(rule);
  const fields = ['postgres', 'user', 'userSecretRef', 'vaultKV2', 'openFGA', 'cedar'];
  const kinds = ['postgres', 'vault-kv2', 'openfga', 'cedar', 'allowall'];
  const objects = kinds.flatMap((kind) =>
    Array.from({ length: 2 ** fields.length }, (_, bits) => ({
      type: kind,
      backend: kind,
      ...Object.fromEntries(fields.filter((_, index) => bits & (1 << index)).map((field) => [field, {}])),
    })),
  );
  return Object.fromEntries(objects.map((self) => [JSON.stringify(self), evaluate({ self })]));
}

test('what a rule admits is compared, not its words', () => {
  const [ours, theirs] = [
    'has(self.user) != has(self.userSecretRef)',
    'has(self.user) ? !has(self.userSecretRef) : has(self.userSecretRef)',
  ];
  expect(verdicts(ours)).toEqual(verdicts(theirs));
  expect(verdicts(ours)).not.toEqual(verdicts('has(self.user) || has(self.userSecretRef)'));
  expect(spelling('^\\d+(ms|s)(\\d+(ms|s))*$')).toBe('^([0-9]+(ms|s))+$');
  expect(spelling('^[0-9]+$')).not.toBe(spelling('^[0-9]*$'));
});
