import { describe, expect, test } from 'vitest';
import {
  type DesiredMetadataStore,
  type ObservedDatabase,
  type ObservedMetadataStore,
  type ObservedRole,
  planMetadataStore,
} from '../../../src/registration/metadata-store/plan.ts';
import { PermanentError } from '../../../src/text/errors.ts';

const desired: DesiredMetadataStore = { database: 'store', postgresRole: 'org', password: 'p' };
const role: ObservedRole = { canLogin: true, expires: false, powers: [], password: 'agrees' };
const inside = { schemaOwner: 'org', holdsObjectsOfOthers: false };
const database: ObservedDatabase = {
  owner: 'org',
  encoding: 'UTF8',
  isTemplate: false,
  openToPublic: false,
  inside,
};
const done: ObservedMetadataStore = {
  server: { version: 180_000, libcUtf8: 'C.utf8' },
  admin: { user: 'admin', database: 'postgres', actsAsRole: true },
  role,
  database,
};
const kinds = (observed: Partial<ObservedMetadataStore>): string[] =>
  planMetadataStore(desired, { ...done, ...observed }).map(({ kind }) => kind);

describe('the plan', () => {
  test('is empty when all is as it should be', () => {
    expect(planMetadataStore(desired, done)).toEqual([]);
  });

  test.each<[string, Partial<ObservedMetadataStore>, string[]]>([
    [
      'nothing is there',
      { role: undefined, database: undefined, admin: { ...done.admin, actsAsRole: false } },
      ['createRole', 'letAdminActAsRole', 'createDatabase', 'closeToPublic', 'giveSchema'],
    ],
    ['the database was dropped', { database: undefined }, ['createDatabase', 'closeToPublic', 'giveSchema']],
    ['the role was dropped', { role: undefined }, ['createRole']],
    ['the role may not log in', { role: { ...role, canLogin: false } }, ['letRoleLogIn']],
    ['the role expires', { role: { ...role, expires: true } }, ['letRoleLogIn']],
    ['the password differs', { role: { ...role, password: 'differs' } }, ['setPassword']],
    ['the password is not known', { role: { ...role, password: 'unknown' } }, ['setPassword']],
    ['anybody may connect', { database: { ...database, openToPublic: true } }, ['closeToPublic']],
    [
      'the schema is of another owner',
      { database: { ...database, inside: { ...inside, schemaOwner: 'pg_database_owner' } } },
      ['giveSchema'],
    ],
    [
      'there is no schema',
      { database: { ...database, inside: { ...inside, schemaOwner: undefined } } },
      ['createSchema'],
    ],
    [
      "the database is the admin's, and empty",
      { database: { ...database, owner: 'admin' } },
      ['giveDatabase'],
    ],
    [
      'the inside cannot be seen yet',
      { admin: { ...done.admin, actsAsRole: false }, database: { ...database, inside: undefined } },
      ['letAdminActAsRole'],
    ],
  ])('when %s', (_, observed, expected) => {
    expect(kinds(observed)).toEqual(expected);
  });

  test.each([
    [150_000, 'C.UTF-8', { provider: 'libc', characterType: 'C.UTF-8' }],
    [160_004, undefined, { provider: 'libc', characterType: 'C' }],
    [170_000, 'C.utf8', { provider: 'builtin', characterType: 'C.utf8' }],
  ])('on %i with the locale %s creates the database with %o', (version, libcUtf8, locale) => {
    const plan = planMetadataStore(desired, { ...done, server: { version, libcUtf8 }, database: undefined });
    expect(plan[0]).toEqual({ kind: 'createDatabase', database: 'store', postgresRole: 'org', locale });
  });

  test.each([
    [150_000, ''],
    [160_000, ' WITH INHERIT TRUE, SET TRUE'],
  ])('on %i lets the admin act as the role with "%s"', (version, options) => {
    const server = { version, libcUtf8: undefined };
    const plan = planMetadataStore(desired, { ...done, server, admin: { ...done.admin, actsAsRole: false } });
    expect(plan).toEqual([{ kind: 'letAdminActAsRole', postgresRole: 'org', options }]);
  });

  test('holds no password', () => {
    const plan = planMetadataStore(
      { ...desired, password: 'TopSecret' },
      { ...done, role: undefined, database: undefined },
    );
    expect(JSON.stringify(plan)).not.toContain('TopSecret');
  });
});

describe('refused is', () => {
  test.each<[Partial<DesiredMetadataStore>, Partial<ObservedMetadataStore>, string]>([
    [
      {},
      { server: { version: 140_011, libcUtf8: 'C' } },
      'expected Postgres 15 or newer for the metadata store, and found 14',
    ],
    [{}, { role: { ...role, powers: ['SUPERUSER', 'CREATEDB'] } }, 'and found SUPERUSER, CREATEDB'],
    [{}, { database: { ...database, owner: 'other' } }, 'to be owned by org, and found owner other'],
    [{}, { database: { ...database, encoding: 'LATIN1' } }, 'the encoding UTF8, and found LATIN1'],
    [{}, { database: { ...database, isTemplate: true } }, 'and found a template'],
    [
      {},
      { database: { ...database, owner: 'admin', inside: { ...inside, holdsObjectsOfOthers: true } } },
      'with tables of other roles in it',
    ],
    [{}, { database: { ...database, inside: undefined } }, 'admin may not connect to the database store'],
    [{ postgresRole: 'admin' }, {}, "the catalog's role must not be the admin's"],
    [{ database: 'template1' }, {}, 'needs a database of its own'],
    [
      { database: 'maintenance' },
      { admin: { ...done.admin, database: 'maintenance' } },
      'needs a database of its own',
    ],
    [{ database: 'ü'.repeat(32) }, {}, 'is longer than 63 bytes'],
    [{ postgresRole: 'x'.repeat(64) }, {}, 'is longer than 63 bytes'],
    [{ password: '' }, {}, 'the password of the role org is empty'],
  ])('%o with %o', (wanted, observed, message) => {
    const plan = (): unknown => planMetadataStore({ ...desired, ...wanted }, { ...done, ...observed });
    expect(plan).toThrow(PermanentError);
    expect(plan).toThrow(message);
  });
});
