import { describe, expect, test } from 'vitest';
import type {
  DesiredMetadataStore,
  MetadataStorePlan,
  MissingExtension,
  ObservedDatabase,
  ObservedInside,
  ObservedMetadataStore,
  ObservedRole,
  ObservedServer,
} from '../../../src/registration/metadata-store/metadata-store.ts';
import { planMetadataStore } from '../../../src/registration/metadata-store/plan.ts';
import { PermanentError } from '../../../src/text/errors.ts';

const desired: DesiredMetadataStore = { database: 'store', postgresRole: 'org', password: 'p' };
const role: ObservedRole = { canLogin: true, expires: false, attributes: [] };
const inside: ObservedInside = {
  encoding: 'UTF8',
  schemaOwner: 'org',
  holdsObjectsOfOthers: false,
  holdsTables: true,
  missingExtensions: [],
  mayCreateTables: true,
  mayCreateInDatabase: true,
};
const database: ObservedDatabase = {
  owner: 'org',
  encoding: 'UTF8',
  isTemplate: false,
  openToPublic: false,
  adminMayConnect: true,
  state: 'open',
};
const admin = { login: 'admin', user: 'admin', loginInherits: true, database: 'postgres', actsAsRole: true };
const server: ObservedServer = {
  majorVersion: 18,
  libcUtf8: 'C.utf8',
  admin,
  role,
  database,
  missingExtensions: undefined,
};
const done: ObservedMetadataStore = { server, login: { outcome: 'accepted' }, inside };
const nothing: MetadataStorePlan = { onServer: [], inside: [], isInsideUnknown: false };

/** @param change of the server, of what is inside, or of the login. */
function observed({ on = {}, within = {}, ...rest }: Change): ObservedMetadataStore {
  return { server: { ...server, ...on }, login: done.login, inside: { ...inside, ...within }, ...rest };
}
interface Change {
  readonly on?: Partial<ObservedServer>;
  readonly within?: Partial<ObservedInside>;
  readonly login?: ObservedMetadataStore['login'];
  readonly inside?: undefined;
}
const refused = (sqlstate: string) => ({ outcome: 'refused', sqlstate, error: new Error(sqlstate) }) as const;
const untried = { outcome: 'untried' } as const;
const outsider = { ...admin, actsAsRole: false };
const missing = (isTrusted: boolean, isAvailable = true): readonly MissingExtension[] => [
  { name: 'pg_trgm', isTrusted, isAvailable },
];
const kinds = (change: Change): string[] => {
  const { onServer, inside: within, isInsideUnknown } = planMetadataStore(desired, observed(change));
  return [...[...onServer, ...within].map(({ kind }) => kind), ...(isInsideUnknown ? ['look inside'] : [])];
};

describe('the plan', () => {
  test('is empty when all is as it should be', () => {
    expect(planMetadataStore(desired, done)).toEqual(nothing);
  });

  test.each<[string, Change, string[]]>([
    [
      'nothing is there',
      { on: { role: undefined, database: undefined, admin: outsider }, login: untried, inside: undefined },
      ['createRole', 'grantRoleToAdmin', 'createDatabase', 'revokePublicConnect', 'setSchemaOwner'],
    ],
    [
      'the database was dropped',
      { on: { database: undefined }, login: refused('3D000'), inside: undefined },
      ['createDatabase', 'revokePublicConnect', 'setSchemaOwner'],
    ],
    [
      'the role may not log in',
      { on: { role: { ...role, canLogin: false } } },
      ['enableLogin', 'setPassword'],
    ],
    ['the role expires', { on: { role: { ...role, expires: true } } }, ['enableLogin', 'setPassword']],
    ['the password differs', { login: refused('28P01') }, ['setPassword']],
    ['the password is not known', { login: untried }, ['setPassword']],
    // Setting it again would not help.
    ['pg_hba.conf refuses the role', { login: refused('28000') }, []],
    [
      'anybody may connect',
      { on: { database: { ...database, openToPublic: true } } },
      ['revokePublicConnect'],
    ],
    ['the schema is of another owner', { within: { schemaOwner: 'pg_database_owner' } }, ['setSchemaOwner']],
    ['there is no schema', { within: { schemaOwner: undefined } }, ['createSchema']],
    [
      "the database is the admin's, and empty",
      { on: { database: { ...database, owner: 'admin' } }, within: { holdsTables: false } },
      ['setDatabaseOwner'],
    ],
    ['the role can create what is missing', { within: { missingExtensions: missing(true) } }, []],
    [
      'only the admin can create what is missing',
      { within: { missingExtensions: missing(false) } },
      ['createExtension'],
    ],
    [
      'only the admin can create what a new database lacks',
      { on: { database: undefined, missingExtensions: missing(false) }, inside: undefined },
      ['createDatabase', 'revokePublicConnect', 'setSchemaOwner', 'createExtension'],
    ],
    // The role is not touched before it is known that nothing inside forbids it.
    ['nobody has looked inside', { login: untried, inside: undefined }, ['look inside']],
    [
      'nobody has looked inside, and the admin first has to be a member',
      {
        on: { admin: outsider, database: { ...database, adminMayConnect: false } },
        login: untried,
        inside: undefined,
      },
      ['grantRoleToAdmin', 'look inside'],
    ],
    ['there is nothing to do over a membership', { on: { admin: outsider } }, []],
  ])('when %s', (_, change, expected) => {
    expect(kinds(change)).toEqual(expected);
  });

  test.each([
    [15, 'C.UTF-8', { provider: 'libc', characterType: 'C.UTF-8' }],
    [16, undefined, { provider: 'libc', characterType: 'C' }],
    [17, 'C.utf8', { provider: 'builtin', characterType: 'C.utf8' }],
  ])('on %i with the locale %s creates the database with %o', (majorVersion, libcUtf8, locale) => {
    const plan = planMetadataStore(
      desired,
      observed({ on: { majorVersion, libcUtf8, database: undefined } }),
    );
    expect(plan.onServer[0]).toEqual({
      kind: 'createDatabase',
      database: 'store',
      postgresRole: 'org',
      locale,
    });
  });

  test.each([
    [15, ''],
    [16, ' WITH INHERIT TRUE, SET TRUE'],
  ])('on %i grants the role to the admin with "%s"', (majorVersion, options) => {
    const plan = planMetadataStore(
      desired,
      observed({ on: { majorVersion, admin: outsider }, login: untried, inside: undefined }),
    );
    expect(plan.onServer).toEqual([{ kind: 'grantRoleToAdmin', postgresRole: 'org', options }]);
  });

  test('holds no password', () => {
    const plan = planMetadataStore(
      { ...desired, password: 'TopSecret' },
      observed({ on: { role: undefined, database: undefined }, login: untried, inside: undefined }),
    );
    expect(JSON.stringify(plan)).not.toContain('TopSecret');
  });
});

describe('refused is', () => {
  test.each<[Partial<DesiredMetadataStore>, Change, string]>([
    [
      {},
      { on: { role: { ...role, attributes: ['SUPERUSER', 'CREATEDB'] } } },
      'and found SUPERUSER, CREATEDB',
    ],
    [{}, { on: { database: { ...database, owner: 'other' } } }, 'to be owned by org, and found owner other'],
    [{}, { on: { database: { ...database, encoding: 'LATIN1' } } }, 'the encoding UTF8, and found LATIN1'],
    [{}, { on: { database: { ...database, isTemplate: true } } }, 'and found a template'],
    [
      {},
      { on: { database: { ...database, owner: 'admin' } }, within: { holdsObjectsOfOthers: true } },
      'with tables of other roles in it',
    ],
    [
      {},
      { on: { database: { ...database, adminMayConnect: false } }, login: untried, inside: undefined },
      'admin may not connect to the database store; grant it CONNECT',
    ],
    [
      {},
      { on: { database: { ...database, state: 'closed' } }, login: untried, inside: undefined },
      'the database store allows no connections; run: ALTER DATABASE "store" ALLOW_CONNECTIONS true',
    ],
    [
      {},
      { on: { database: { ...database, state: 'invalid' } }, login: untried, inside: undefined },
      'the database store is invalid, because DROP DATABASE was interrupted, and cannot be repaired; restore it ' +
        'from a backup, or start anew with an empty catalog: DROP DATABASE "store"',
    ],
    [
      {},
      { within: { missingExtensions: missing(false, false) } },
      'that the server does not have: pg_trgm; install',
    ],
    [
      {},
      { on: { database: undefined, missingExtensions: missing(false, false) }, inside: undefined },
      'that the server does not have: pg_trgm; install',
    ],
    [
      {},
      { on: { admin: { ...admin, login: 'alice', user: 'dba', loginInherits: false } }, login: untried },
      'logs in as alice and works as dba (a setting `role`), but has not its rights',
    ],
    [{ postgresRole: 'admin' }, {}, "the catalog's role must not be the admin's"],
    [{ database: 'template1' }, {}, 'needs a database of its own'],
    [
      { database: 'maintenance' },
      { on: { admin: { ...admin, database: 'maintenance' } } },
      'needs a database of its own',
    ],
    [{ database: 'ü'.repeat(32) }, {}, 'is longer than 63 bytes'],
    [{ postgresRole: 'x'.repeat(64) }, {}, 'is longer than 63 bytes'],
    [{ password: '' }, {}, 'the password of the role org is empty'],
  ])('%o with %o', (wanted, change, message) => {
    const plan = (): unknown => planMetadataStore({ ...desired, ...wanted }, observed(change));
    expect(plan).toThrow(PermanentError);
    expect(plan).toThrow(message);
  });
});
