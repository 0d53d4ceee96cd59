import { readFile } from 'node:fs/promises';
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

/** `LAKEKEEPER_OPERATOR_CRD` is the file of an operator's own definition, such as `config/crd/bases/…` of its repository: ours has to be the same. */
const file = process.env.LAKEKEEPER_OPERATOR_CRD;
if (file)
  test(`our statement of the resource is that of ${file}`, async () => {
    const [document] = parseAllDocuments(await readFile(file, 'utf8'));
    expect(crdDifferences(crd, document?.toJS() as typeof crd)).toEqual([]);
  });
