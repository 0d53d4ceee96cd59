import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import type { ObservedCatalog } from '../../src/registration/catalog/roll-out/observe.ts';
import { storageProfile } from '../../src/registration/catalog/warehouse/storage-profile.ts';
import type { ObservedServer } from '../../src/registration/metadata-store/metadata-store.ts';
import { recordOfRegistration } from '../../src/registration/row/registration-record.ts';
import { startDigests } from '../../src/registration/secret/start-values.ts';
import { judgeOrg } from '../../src/status/judge.ts';
import type { OrgObservation } from '../../src/status/observation.ts';
import type { Observed } from '../../src/status/observed.ts';
import { needsPerson, type Verdict, verdicts, worst } from '../../src/status/verdict.ts';
import { PermanentError } from '../../src/text/errors.ts';
import { catalog, platform } from '../support/fleet.ts';

const settings = platform();
const inputs = registrationInputs(catalog('acme', settings), settings);
const values = {
  'db-user': 'lakekeeper_acme',
  'db-password': 'p',
  'encryption-key': 'k',
  'oauth2-client-secret': 's',
};
const at = { namespace: 'lakekeeper', name: 'lakekeeper-acme', uid: 'u', resourceVersion: '1' };
const secret = {
  metadata: {
    ...at,
    annotations: startDigests(values, undefined),
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  data: Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
};
const ready = (type: string) => ({ type, status: 'True' as const, observedGeneration: 1 });
const inside = {
  ...{ encoding: 'UTF8', schemaOwner: 'lakekeeper_acme', holdsObjectsOfOthers: false, holdsTables: true },
  ...{ missingExtensions: [], mayCreateTables: true, mayCreateInDatabase: true },
};
const warehouse = {
  ...{ id: 'w', name: 'org-acme', isActive: true, credentialType: undefined },
  profile: storageProfile(inputs.lakekeeperWarehouse.dataStore),
  deleteProfile: { type: 'hard' },
};

/** An org in which all is as it should be. */
const healthy: OrgObservation = {
  inputs,
  committed: { value: 'same' },
  applied: { value: 'same' },
  row: { value: recordOfRegistration(inputs) },
  hookJobs: { value: [] },
  catalog: {
    value: {
      lakekeeper: {
        metadata: { ...at, generation: 1 },
        status: { conditions: [ready('Ready'), ready('Migrated')], bootstrappedAt: '2026-01-01T00:00:00Z' },
      },
      migrationJob: undefined,
      deployment: {
        metadata: { ...at, generation: 1 },
        spec: { replicas: 1 },
        status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
      },
      pods: [
        {
          metadata: { ...at, creationTimestamp: '2026-02-01T00:00:00Z' },
          status: { conditions: [ready('Ready')] },
        },
      ],
    },
  },
  startValues: { value: { secret, amendments: undefined } },
  store: {
    value: {
      ...{ majorVersion: 18, libcUtf8: undefined, missingExtensions: undefined },
      admin: { login: 'admin', user: 'admin', loginInherits: true, database: 'postgres', actsAsRole: true },
      role: { canLogin: true, expires: false, attributes: [] },
      database: {
        ...{ owner: 'lakekeeper_acme', encoding: 'UTF8', isTemplate: false },
        ...{ openToPublic: false, adminMayConnect: true, state: 'open' },
      },
    },
  },
  login: { outcome: 'accepted' },
  inside: { value: inside },
  server: {
    value: {
      anonymous: 'open',
      info: {
        ...{ bootstrapped: true, version: '0.12.2', authorizer: 'allow-all' },
        ...{ defaultProject: 'p', systemIdentities: [] },
      },
    },
  },
  warehouse: { value: { warehouse: { ...warehouse, credentialType: 'access-key' }, credential: 'agrees' } },
  config: { value: { prefix: 'w', uri: inputs.catalog.catalogEndpoint } },
  workers: { value: { running: 0, ready: 0 } },
};

/** What may be asked and not be answered. */
const places = [
  ...(['committed', 'applied', 'row', 'hookJobs', 'catalog', 'startValues', 'store', 'inside'] as const),
  ...(['server', 'warehouse', 'config', 'workers'] as const),
] as const;
type Place = (typeof places)[number];

const without = (observation: OrgObservation, unknown: readonly Place[]): OrgObservation =>
  ({
    ...observation,
    ...Object.fromEntries(unknown.map((place) => [place, { unknown: `no ${place}` }])),
  }) as OrgObservation;

function deletedResource(): Pick<OrgObservation, 'catalog'> {
  const { catalog } = healthy as { catalog: { value: ObservedCatalog } };
  const deletionTimestamp = '2026-03-01T00:00:00Z';
  const lakekeeper = { metadata: { ...at, generation: 1, deletionTimestamp } };
  return { catalog: { value: { ...catalog.value, lakekeeper } } };
}

/** One thing wrong each, and the verdict on it alone. */
const faults: readonly (readonly [Verdict, Partial<OrgObservation>])[] = [
  ['drifted', { committed: { value: 'differs' } }],
  ['drifted', deletedResource()],
  ['waiting', { committed: { value: 'missing' } }],
  ['waiting', { applied: { value: 'differs' } }],
  ['drifted', { row: { value: { ...recordOfRegistration(inputs), iceberg_region: 'other' } } }],
  [
    'drifted',
    { row: { value: { ...recordOfRegistration(inputs), status_message: 'lakekeeper-gitops: it failed' } } },
  ],
  ['broken', { startValues: { value: { secret: undefined, amendments: undefined } } }],
  ['drifted', { login: { outcome: 'refused', sqlstate: '28P01', error: new Error('refused') } }],
  ['broken', { config: { value: { prefix: 'w', uri: 'http://elsewhere/catalog' } } }],
  ['drifted', { warehouse: { value: { warehouse: undefined, credential: 'agrees' } } }],
  ['broken', { access: { value: { failures: ['lakekeeper-read-write: denied'] } } }],
];

test('an org in which all is as it should be is registered, without a finding', () => {
  expect(judgeOrg(healthy)).toMatchObject({ verdict: 'registered', findings: [] });
});

test.each(faults)('%s: one fault', (verdict, fault) => {
  const judged = judgeOrg({ ...healthy, ...fault });
  expect(judged.verdict).toBe(verdict);
  expect(judged.findings.length).toBeGreaterThan(0);
});

describe('whatever is observed', () => {
  const anyUnknown = fc.uniqueArray(fc.constantFrom(...places), { minLength: 1 });
  const anyFaults = fc
    .subarray([...faults])
    .map((some) => Object.assign({}, ...some.map(([, fault]) => fault)));

  test('an unknown value is never fine, and its reason is listed', () =>
    fc.assert(
      fc.property(anyUnknown, (unknown) => {
        const { verdict, findings } = judgeOrg(without(healthy, unknown));
        expect(['registered', 'retiring', 'waiting']).not.toContain(verdict);
        const reasons = findings.map(({ what }) => what);
        expect(unknown.some((place) => reasons.includes(`no ${place}`))).toBe(true);
      }),
    ));

  test('every unknown place is listed', () => {
    for (const place of places)
      expect(judgeOrg(without(healthy, [place]))).toMatchObject({
        verdict: 'unknown',
        findings: [{ what: `no ${place}` }],
      });
  });

  test('the verdict is the worst of the findings, and another fault makes it no better', () =>
    fc.assert(
      fc.property(
        anyFaults,
        fc.subarray([...places]),
        fc.constantFrom(...faults),
        (some, unknown, [, more]) => {
          const before = without({ ...healthy, ...some }, unknown);
          const judged = judgeOrg(before);
          expect(judged.verdict).toBe(worst(judged.findings));
          const isTouched = Object.keys(more).some(
            (place) => place in some || (unknown as string[]).includes(place),
          );
          // Nothing is asked of the configuration of a warehouse that is not there.
          const hidesConfig = 'warehouse' in more && ('config' in some || unknown.includes('config'));
          if (isTouched || hidesConfig) return;
          const after = judgeOrg({ ...before, ...more });
          expect(verdicts.indexOf(after.verdict)).toBeLessThanOrEqual(verdicts.indexOf(judged.verdict));
        },
      ),
    ));

  test('every finding that needs a person says what is wrong, or what helps', () =>
    fc.assert(
      fc.property(anyFaults, (some) => {
        for (const { verdict, what, command } of judgeOrg({ ...healthy, ...some }).findings) {
          expect(what).not.toBe('');
          if (needsPerson(verdict) && verdict === 'drifted')
            expect(command).toMatch(/^(lakekeeper-gitops|kubectl) /);
        }
      }),
    ));
});

test('register is not named where it would only fail again: a lost key, and a login that a person has to allow', () => {
  const error = new PermanentError('no entry for it');
  for (const fault of [
    { startValues: { value: { secret: undefined, amendments: undefined } } },
    { login: { outcome: 'refused', sqlstate: undefined, error } },
  ] as const) {
    const [finding] = judgeOrg({ ...healthy, ...fault }).findings;
    expect(finding).toMatchObject({ verdict: 'broken' });
    expect(finding?.command).toBeUndefined();
  }
});

test('what is not known of a database is listed beside what registration would change on its server', () => {
  const { store } = healthy as { store: { value: ObservedServer } };
  const { admin, database } = store.value;
  const changed = {
    admin: { ...admin, actsAsRole: false },
    database: { ...database, openToPublic: true },
  };
  const observation = { ...healthy, store: { value: { ...store.value, ...changed } } } as OrgObservation;
  const later = new Error('too many connections');
  for (const [what, unknown] of [
    ['no route', { inside: { unknown: 'no route' } }],
    ['too many connections', { login: { outcome: 'refused', sqlstate: '53300', error: later } }],
  ] as const)
    expect(judgeOrg({ ...observation, ...unknown })).toMatchObject({
      verdict: 'unknown',
      findings: [
        { verdict: 'unknown', subject: 'metadata store', what },
        { verdict: 'drifted', subject: 'metadata store' },
      ],
    });
});

test('an org that was never registered waits for what has drifted in one that was', () => {
  const row: Observed<undefined> = { value: undefined };
  for (const [verdict, fault] of faults.filter(
    ([of, { row: found }]) => of === 'drifted' && found === undefined,
  )) {
    // Registration corrects neither the manifests nor the custom resource.
    const expected = 'committed' in fault || 'catalog' in fault ? verdict : 'waiting';
    expect(judgeOrg({ ...healthy, ...fault, row }).verdict).toBe(expected);
  }
});
