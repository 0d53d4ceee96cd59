import { expect, test } from 'vitest';
import { instanceAdmins } from '../../../src/registration/secret/instance-admins.ts';
import { PermanentError } from '../../../src/text/errors.ts';

/** What a Job with a token of these claims writes. */
async function written(
  mode: 'kubernetes' | 'openID',
  instanceAdminClaim: string | undefined,
  claims: Record<string, unknown>,
) {
  const token = ['{}', JSON.stringify(claims), '']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  const inputs = {
    authentication: { mode },
    catalog: { namespace: 'lakekeeper', name: 'lakekeeper-acme' },
    lakekeeperWarehouse: { instanceAdminClaim },
  };
  return instanceAdmins({ inputs, token: async () => token } as unknown as Parameters<
    typeof instanceAdmins
  >[0]);
}
const account = (name: string) => ({ 'kubernetes.io': { serviceaccount: { name, uid: 'the-uid' } } });

test('a ServiceAccount is known by its uid, as the API server states it in the token', async () => {
  expect(await written('kubernetes', 'uid', account('lakekeeper-acme.register'))).toBe(
    '["kubernetes~the-uid"]',
  );
});

test('the client of a provider is known by the first claim of the settings that its token has', async () => {
  expect(await written('openID', 'sub', { sub: 'the-client' })).toBe('["oidc~the-client"]');
  expect(await written('openID', 'oid,sub', { sub: 'the-client' })).toBe('["oidc~the-client"]');
});

test('nothing is written where the settings know the Job, or nobody is the instance admin', async () => {
  expect(await written('openID', undefined, { sub: 'the-client' })).toBe('none');
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['without the claim', () => written('openID', 'oid', { sub: 'x' }), /has no claim oid.*subjectClaim/],
  [
    "of another account, like a person's",
    () => written('kubernetes', 'uid', account('default')),
    /of the ServiceAccount default; expected one of lakekeeper\/lakekeeper-acme.register/,
  ],
])('a token %s is refused', async (_, call, message) => {
  const error: unknown = await call().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PermanentError);
  expect(String(error)).toMatch(message);
});
