import { expect, test } from 'vitest';
import { planBootstrap } from '../../../../src/registration/catalog/bootstrap/plan.ts';

test.each([
  [{ bootstrapped: true }, true, 'nobody'],
  // A server in order that wants a token is not asked.
  [undefined, true, 'nobody'],
  [{ bootstrapped: false }, false, 'operator'],
  [{ bootstrapped: false }, true, 'registration'],
] as const)('info %j, authentication %s: %s bootstraps', (info, hasAuthentication, who) => {
  expect(planBootstrap(info, hasAuthentication)).toBe(who);
});
