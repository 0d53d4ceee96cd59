import fc from 'fast-check';
import { expect, test } from 'vitest';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import {
  decodeRetirement,
  encodeRetirement,
  type RetirementInputs,
} from '../../src/catalog/retirement-inputs.ts';
import { PermanentError } from '../../src/text/errors.ts';
import { orgIds } from '../support/arbitrary.ts';
import { catalog, platform } from '../support/fleet.ts';

const retirement = (org: string, policy: 'retain' | 'delete', even: boolean): RetirementInputs => ({
  version: 1,
  policy,
  ...(even && { evenWithTables: true }),
  registration: registrationInputs(catalog(org, platform()), platform()),
});

test('decode is the inverse of encode', () => {
  fc.assert(
    fc.property(orgIds, fc.constantFrom('retain', 'delete'), fc.boolean(), (org, policy, even) => {
      const inputs = retirement(org, policy, even);
      const text = encodeRetirement(inputs);
      expect(decodeRetirement(text)).toEqual(inputs);
      expect(text).toMatch(/^[\n -~]+\n$/);
    }),
  );
});

test.each([
  ['not json', /the retirement inputs are not JSON/],
  ['{}', /the retirement inputs are not of this version .*policy: /],
  [
    encodeRetirement({ ...retirement('acme', 'retain', false), more: 1 } as RetirementInputs),
    /Unrecognized key/,
  ],
])('text that is not its own is an error that says so', (text, message) => {
  expect(() => decodeRetirement(text)).toThrow(PermanentError);
  expect(() => decodeRetirement(text)).toThrow(message);
});
