import { describe, expect, test } from 'vitest';
import type { SecretObject } from '../../../src/registration/objects/secret-objects.ts';
import { type OrgSecretSituation, planOrgSecret } from '../../../src/registration/secret/plan.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = (values: Record<string, string>): SecretObject => ({
  metadata: { name: 'lakekeeper-acme', namespace: 'lakekeeper', uid: 'u', resourceVersion: '7' },
  data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)])),
});
const whole = {
  'db-user': 'lakekeeper_acme',
  'db-password': 'kept-password',
  'encryption-key': 'kept-key',
  'oauth2-client-secret': 'kept-client',
};
const without = (...keys: string[]) =>
  Object.fromEntries(Object.entries(whole).filter(([key]) => !keys.includes(key)));
const plan = (change: Partial<OrgSecretSituation> = {}) =>
  planOrgSecret({
    namespace: 'lakekeeper',
    name: 'lakekeeper-acme',
    observed: undefined,
    databaseHoldsCatalog: false,
    acceptNewEncryptionKey: false,
    credentials: { provisioning: 'admin', postgresRole: 'lakekeeper_acme' },
    drafts: { password: 'new-password', encryptionKey: 'new-key', oauthClientSecret: 'new-client' },
    ...change,
  });
const preProvisioned = { provisioning: 'preProvisioned', user: 'lakekeeper_acme' } as const;
const refusal = (change: Partial<OrgSecretSituation>) => {
  try {
    plan(change);
  } catch (error) {
    expect(error).toMatchObject({ name: 'PermanentError' });
    return (error as Error).message;
  }
  return 'nothing was refused';
};

test('a Secret that is being deleted is refused: its key would be lost', () => {
  const { metadata, data = {} } = secret(whole);
  const observed = { metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }, data };
  expect(refusal({ observed })).toMatch(/^Secret lakekeeper\/lakekeeper-acme is being deleted.*copy it/);
});

describe('no Secret', () => {
  test('makes one with all four keys, and credentials to give to the role', () => {
    expect(plan()).toEqual({
      action: 'create',
      labels: {},
      data: {
        'db-user': base64('lakekeeper_acme'),
        'db-password': base64('new-password'),
        'encryption-key': base64('new-key'),
        'oauth2-client-secret': base64('new-client'),
      },
      credentials: { user: 'lakekeeper_acme', password: 'new-password' },
      isNewPassword: true,
      secrets: ['new-password', 'new-key', 'new-client'],
    });
  });

  test('takes pre-provisioned credentials as they are at their source', () => {
    const credentials = { ...preProvisioned, user: 'given', password: 'päss"\\ \n' };
    expect(plan({ credentials })).toMatchObject({
      data: { 'db-user': base64('given'), 'db-password': base64('päss"\\ \n') },
      credentials: { user: 'given', password: 'päss"\\ \n' },
    });
  });

  test('refuses to mint a key over a database that holds a catalog, and says what to do', () => {
    for (const credentials of [
      { provisioning: 'admin', postgresRole: 'lakekeeper_acme' } as const,
      { ...preProvisioned, password: 'p' },
    ])
      expect(refusal({ databaseHoldsCatalog: true, credentials })).toMatch(
        /^there is no Secret lakekeeper\/lakekeeper-acme, but the database already holds a catalog.*--accept-new-e/,
      );
    expect(plan({ databaseHoldsCatalog: true, acceptNewEncryptionKey: true }).action).toBe('create');
  });
});

describe('a Secret that is there', () => {
  test('is kept byte for byte, and its password is what the role gets', () => {
    for (const databaseHoldsCatalog of [true, false])
      expect(plan({ observed: secret({ ...whole, more: 'x' }), databaseHoldsCatalog })).toEqual({
        action: 'none',
        labels: {},
        data: {},
        credentials: { user: 'lakekeeper_acme', password: 'kept-password' },
        isNewPassword: false,
        secrets: ['kept-password', 'kept-key', 'kept-client'],
      });
  });

  test('of an org that comes back loses the label of the retired', () => {
    const held = secret(whole);
    const labels = { 'lakekeeper-gitops/retired': 'true', other: 'stays' };
    expect(plan({ observed: { ...held, metadata: { ...held.metadata, labels } } })).toMatchObject({
      action: 'patch',
      labels: { 'lakekeeper-gitops/retired': null },
      data: {},
    });
  });

  test.each(Object.keys(whole))('gets %s alone when it is missing', (key) => {
    const planned = plan({ observed: secret(without(key)) });
    expect(planned.action).toBe('patch');
    expect(Object.keys(planned.data)).toEqual([key]);
  });

  test('has the instance admins of the catalog while they are known from the token alone, and not longer', () => {
    const admins = '["kubernetes~the-uid"]';
    expect(plan({ observed: secret(whole), instanceAdmins: admins })).toMatchObject({
      action: 'patch',
      data: { 'instance-admins': base64(admins) },
    });
    const observed = secret({ ...whole, 'instance-admins': admins });
    expect(plan({ observed, instanceAdmins: admins }).action).toBe('none');
    expect(plan({ observed })).toMatchObject({ action: 'none', data: {} });
    expect(plan({ observed, instanceAdmins: 'none' })).toMatchObject({
      action: 'patch',
      data: { 'instance-admins': null },
    });
    expect(plan({ instanceAdmins: 'none' }).data).not.toHaveProperty('instance-admins');
  });

  test('gets no new encryption key while the database holds a catalog, unless that is accepted', () => {
    const change = { observed: secret(without('encryption-key')), databaseHoldsCatalog: true };
    expect(refusal(change)).toContain('has no key encryption-key, but the database already holds a catalog');
    expect(plan({ ...change, acceptNewEncryptionKey: true }).data).toEqual({
      'encryption-key': base64('new-key'),
    });
  });

  test('without db-user over a database that holds a catalog was changed by hand', () => {
    const change = { observed: secret(without('db-user')), databaseHoldsCatalog: true };
    expect(refusal(change)).toContain('has no key db-user');
  });

  test('that names another role is refused: that role would be given a new password', () => {
    const message = refusal({ observed: secret({ ...whole, 'db-user': 'postgres' }) });
    expect(message).toContain("another Postgres role than the org's own, lakekeeper_acme");
  });

  test('is an error when it is malformed: empty, no base64, no text; values are not quoted', () => {
    expect(refusal({ observed: secret({ ...whole, 'encryption-key': '', 'db-password': '' }) })).toContain(
      'is malformed: db-password is empty; encryption-key is empty',
    );
    for (const bad of ['%%hidden', 'YQ', '/w=='])
      expect(
        refusal({ observed: { ...secret(whole), data: { ...secret(whole).data, 'db-password': bad } } }),
      ).toMatch(/db-password is not base64 of text; put(?!.*hidden)/);
  });
});

describe('pre-provisioned credentials that were exchanged at their source', () => {
  const credentials = { ...preProvisioned, password: 'exchanged' };

  test('are carried over, and nothing else is', () => {
    expect(plan({ observed: secret(whole), databaseHoldsCatalog: true, credentials })).toEqual({
      action: 'patch',
      labels: {},
      data: { 'db-password': base64('exchanged') },
      credentials: { user: 'lakekeeper_acme', password: 'exchanged' },
      isNewPassword: false,
      secrets: ['exchanged', 'kept-key', 'kept-client'],
    });
    const user = plan({ observed: secret(whole), credentials: { ...credentials, user: 'other' } });
    expect(Object.keys(user.data)).toEqual(['db-user', 'db-password']);
  });

  test('that did not change plan nothing', () => {
    const observed = secret({ ...whole, 'db-password': 'exchanged' });
    expect(plan({ observed, credentials })).toMatchObject({ action: 'none', data: {} });
  });
});
