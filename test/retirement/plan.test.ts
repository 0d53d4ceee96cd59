import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retiredLabel } from '../../src/catalog/object-labels.ts';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import type { RetirementInputs } from '../../src/catalog/retirement-inputs.ts';
import type { ObservedServer } from '../../src/registration/metadata-store/metadata-store.ts';
import { isClosing, planRetirement, type RetirementAction } from '../../src/retirement/plan.ts';
import { remains } from '../../src/retirement/remains.ts';
import type { RetirementObservation } from '../../src/retirement/retirement-observation.ts';
import { PermanentError } from '../../src/text/errors.ts';
import { type Columns, catalog, platform, type SettingsOverrides } from '../support/fleet.ts';

const inputs = (
  policy: 'retain' | 'delete',
  {
    even = false,
    settings = {},
    columns = {},
  }: { even?: boolean; settings?: SettingsOverrides; columns?: Columns } = {},
): RetirementInputs => {
  const parsed = platform(settings);
  const registration = registrationInputs(catalog('acme', parsed, columns), parsed);
  return { version: 1, policy, ...(even && { evenWithTables: true }), registration };
};
const retain = inputs('retain');
const remove = inputs('delete');
const preProvisioned = {
  columns: {
    metadata_store_kind: 'cnpg-shard',
    metadata_store_endpoint: 'pg.example.com',
    metadata_store_database_name: 'acme_catalog',
    metadata_store_username: 'acme_login',
  },
};

const admin = {
  login: 'admin',
  user: 'admin',
  loginInherits: true,
  database: 'postgres',
  actsAsRole: true,
};
const role = { canLogin: true, expires: false, attributes: [] };
const database = {
  owner: 'lakekeeper_acme',
  encoding: 'UTF8',
  isTemplate: false,
  openToPublic: false,
  adminMayConnect: true,
  state: 'open' as const,
};
const server: ObservedServer = {
  ...{ majorVersion: 18, libcUtf8: 'C.utf8', admin, role, database },
  missingExtensions: undefined,
};
const secret = {
  data: { 'db-password': 'eA==' },
  metadata: { namespace: 'lakekeeper', name: 'lakekeeper-acme', uid: 'u', resourceVersion: '1' },
};
/** A registered org whose row was closed, and whose custom resource is gone. */
const registered: RetirementObservation = {
  lakekeeper: 'gone',
  record: { row: 'closed', found: { iceberg_state: 'ready', iceberg_lakekeeper_endpoint: 'http://…' } },
  store: { server, connections: 2, tables: 0 },
  secret,
};
const storeOf = (change: Partial<NonNullable<RetirementObservation['store']>>): RetirementObservation => ({
  ...registered,
  store: { server, connections: 0, tables: 0, ...change },
});

const kindOf = (one: RetirementAction) => (one.kind === 'onServer' ? one.action.kind : one.kind);
function kinds(observed: RetirementObservation, given: RetirementInputs): string[] {
  const plan = planRetirement(observed, given);
  return plan.kind === 'act' ? plan.actions.map(kindOf) : [plan.kind];
}

/** What is there after an action, as a model of the servers. */
function after(observed: RetirementObservation, one: RetirementAction) {
  const { store } = observed;
  if (one.kind === 'labelSecret') {
    const metadata = { ...secret.metadata, labels: { [retiredLabel]: 'true' } };
    return { ...observed, secret: { metadata, data: {} } };
  }
  if (one.kind === 'deleteSecret') return { ...observed, secret: undefined };
  if (one.kind === 'writeRecord') return { ...observed, record: { ...observed.record, found: one.record } };
  if (store === undefined) throw new Error('there is no store');
  const changed = (change: Partial<ObservedServer>) => ({
    ...observed,
    store: { ...store, server: { ...store.server, ...change } },
  });
  switch (one.action.kind) {
    case 'disableLogin':
      return changed({ role: { ...role, canLogin: false } });
    case 'grantRoleToAdmin':
      return {
        ...changed({
          admin: { ...admin, actsAsRole: true },
          database: store.server.database && { ...store.server.database, adminMayConnect: true },
        }),
      };
    case 'endConnections':
      return { ...observed, store: { ...store, connections: 0 } };
    case 'dropDatabase':
      return changed({ database: undefined });
    case 'dropRole':
      return changed({ role: undefined });
    default:
      throw new Error(`retirement does not ${one.action.kind}`);
  }
}

describe('of a registered org', () => {
  test('retain disables the login, ends the connections, labels the Secret, and records it', () => {
    expect(kinds(registered, retain)).toEqual([
      'disableLogin',
      'endConnections',
      'labelSecret',
      'writeRecord',
    ]);
  });

  test('delete drops database and role before the Secret, which has the only key, and records it', () => {
    expect(kinds(registered, remove)).toEqual([
      ...['disableLogin', 'endConnections', 'dropDatabase', 'dropRole'],
      ...['deleteSecret', 'writeRecord'],
    ]);
  });

  test('of a pre-provisioned store nothing is dropped, and the record names what its owner may drop', () => {
    const given = inputs('delete', preProvisioned);
    expect(kinds({ ...registered, store: undefined }, given)).toEqual(['labelSecret', 'writeRecord']);
    expect(remains(given, registered)).toMatch(
      /nothing was dropped: .*acme_catalog .*acme_login .* may drop them/,
    );
  });

  test('the record says where the files of its tables remain', () => {
    for (const given of [retain, remove, inputs('delete', preProvisioned)])
      expect(remains(given, registered)).toMatch(/its table files remain in s3:\/\/lake-bucket\/lakekeeper/);
  });
});

test('what is not there is not said to be kept', () => {
  const empty = { server: { ...server, role: undefined, database: undefined }, connections: 0, tables: 0 };
  expect(remains(retain, registered)).toMatch(
    /lakekeeper_acme .*, and Secret lakekeeper\/lakekeeper-acme are kept/,
  );
  expect(remains(retain, { ...registered, secret: undefined })).toMatch(
    /Secret .* is gone, and the encryption key/,
  );
  expect(remains(retain, { store: empty, secret })).toMatch(/there is no database lakekeeper_acme .*is kept/);
  expect(remains(retain, { store: empty, secret: undefined })).toMatch(
    /no database .*Secret .* is not there/,
  );
});

describe('nothing is changed', () => {
  test('when its row was enabled again', () => {
    const open = { ...registered, record: { ...registered.record, row: 'open' as const } };
    expect(planRetirement(open, remove)).toEqual({ kind: 'stop', reason: 'its row was enabled again' });
  });

  test.each([
    ['there', /lakekeeper\/lakekeeper-acme is still there.*Confirm Pruning/],
    ['deleting', /is being deleted: the operator takes off its finalizer/],
  ] as const)('while the custom resource is %s', (lakekeeper, message) => {
    const plan = planRetirement({ ...registered, lakekeeper }, remove);
    expect(plan).toEqual({ kind: 'wait', for: expect.stringMatching(message) });
  });

  test.each<[string, RetirementObservation, RegExp]>([
    ['tables are registered', storeOf({ tables: 3 }), /has 3 registered tables and views.*evenWithTables/],
    ['the list of tables is not known', storeOf({ tables: 'unknown' }), /not the list of them/],
    [
      'the admin may not look',
      storeOf({ tables: 'unseen', server: { ...server, role: { ...role, canLogin: false } } }),
      /may not connect to the database lakekeeper_acme.*grant it CONNECT/,
    ],
    [
      "the database is somebody else's",
      storeOf({ server: { ...server, database: { ...database, owner: 'globex' } } }),
      /expected the database lakekeeper_acme to be owned by lakekeeper_acme.*found owner globex/,
    ],
    [
      "the role is the admin's",
      storeOf({ server: { ...server, admin: { ...admin, user: 'lakekeeper_acme' } } }),
      /must not be the admin's/,
    ],
    [
      'the role has more rights than a catalog needs',
      storeOf({ server: { ...server, role: { ...role, attributes: ['SUPERUSER'] } } }),
      /found SUPERUSER/,
    ],
  ])('of a delete, when %s', (_, observed, message) => {
    expect(() => planRetirement(observed, remove)).toThrow(PermanentError);
    expect(() => planRetirement(observed, remove)).toThrow(message);
  });
});

test('an admin that owns nothing gives itself the role first, and then sees whether tables are registered', () => {
  const locked = {
    ...server,
    admin: { ...admin, actsAsRole: false },
    database: { ...database, adminMayConnect: false },
  };
  const observed = storeOf({ server: locked, connections: 1, tables: 'unseen' });
  const plan = planRetirement(observed, remove);
  expect(kinds(observed, remove)).toEqual(['disableLogin', 'grantRoleToAdmin', 'endConnections']);
  expect(plan).toMatchObject({ note: expect.stringMatching(/whether tables are registered/) });
});

test('a Secret that a finalizer keeps is awaited, after the rest, before it is recorded that it is deleted', () => {
  const metadata = {
    ...secret.metadata,
    deletionTimestamp: '2026-01-01T00:00:00Z',
    finalizers: ['a.example/b'],
  };
  const kept = { ...registered, secret: { ...secret, metadata } };
  expect(kinds(kept, remove)).toEqual(['disableLogin', 'endConnections', 'dropDatabase', 'dropRole']);
  const dropped = { ...server, role: undefined, database: undefined };
  const rest = { ...kept, store: { server: dropped, connections: 0, tables: 'unseen' as const } };
  expect(planRetirement(rest, remove)).toEqual({ kind: 'wait', for: expect.stringContaining('a.example/b') });
});

test('the record is a ConfigMap where the row is gone', () => {
  const gone = { ...registered, record: { row: 'gone' as const, found: undefined } };
  const plan = planRetirement(gone, retain);
  expect(plan.kind === 'act' && plan.actions.at(-1)).toMatchObject({
    kind: 'writeRecord',
    to: { namespace: 'lakekeeper', name: 'lakekeeper-acme-endpoint' },
  });
});

const servers = fc.record({
  majorVersion: fc.constantFrom(15, 16, 18),
  libcUtf8: fc.constant(undefined),
  admin: fc.boolean().map((actsAsRole) => ({ ...admin, actsAsRole })),
  role: fc.option(
    fc.boolean().map((canLogin) => ({ ...role, canLogin })),
    { nil: undefined },
  ),
  database: fc.option(
    fc.boolean().map((adminMayConnect) => ({ ...database, adminMayConnect })),
    { nil: undefined },
  ),
  missingExtensions: fc.constant(undefined),
});
const observations: fc.Arbitrary<RetirementObservation> = fc.record({
  lakekeeper: fc.constantFrom('gone' as const, 'gone' as const, 'there' as const, 'deleting' as const),
  record: fc.record({
    row: fc.constantFrom('open' as const, 'closed' as const, 'gone' as const, 'none' as const),
    found: fc.constantFrom(undefined, {}, registered.record.found),
  }),
  store: fc.record({
    server: servers,
    connections: fc.nat(3),
    tables: fc.oneof(fc.nat(2), fc.constantFrom('unseen' as const, 'unknown' as const)),
  }),
  secret: fc.constantFrom(undefined, secret),
});
const givens = fc.constantFrom(retain, remove, inputs('delete', { even: true }));

test('a second run plans nothing', () => {
  fc.assert(
    fc.property(observations, givens, (first, given) => {
      let observed = first;
      for (let runs = 0; ; runs++) {
        expect(runs).toBeLessThan(4);
        let plan: ReturnType<typeof planRetirement>;
        try {
          plan = planRetirement(observed, given);
        } catch (error) {
          expect(error).toBeInstanceOf(PermanentError);
          return;
        }
        if (plan.kind !== 'act' || plan.actions.length === 0) return;
        for (const one of plan.actions) observed = after(observed, one);
        // What the admin sees then.
        if (plan.note !== undefined && observed.store)
          observed = { ...observed, store: { ...observed.store, tables: 0 } };
        else break;
      }
      expect(planRetirement(observed, given)).toMatchObject({ kind: 'act', actions: [] });
    }),
    { numRuns: 1000 },
  );
});

test('nothing is deleted while tables are registered, or may be, unless told so', () => {
  const deletes = ['dropDatabase', 'dropRole', 'deleteSecret'];
  fc.assert(
    fc.property(observations, fc.constantFrom(retain, remove), (observed, given) => {
      const mayHoldTables = observed.store?.server.database !== undefined && observed.store.tables !== 0;
      if (!mayHoldTables && given.policy === 'delete') return;
      try {
        expect(kinds(observed, given).filter((kind) => deletes.includes(kind))).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(PermanentError);
      }
    }),
    { numRuns: 1000 },
  );
  expect(kinds(storeOf({ tables: 3 }), inputs('delete', { even: true }))).toContain('dropDatabase');
});

test('what keeps the catalog out comes before everything else', () => {
  fc.assert(
    fc.property(observations, givens, (observed, given) => {
      let actions: readonly RetirementAction[] = [];
      try {
        const plan = planRetirement(observed, given);
        if (plan.kind === 'act') actions = plan.actions;
      } catch {}
      const closes = actions.map((one) => one.kind === 'onServer' && isClosing(one.action));
      expect(closes).toEqual([...closes].sort((a, b) => Number(b) - Number(a)));
    }),
  );
});
