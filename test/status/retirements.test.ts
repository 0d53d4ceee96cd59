import { describe, expect, test } from 'vitest';
import { retirementFailure } from '../../src/registration/row/retirement-record.ts';
import type { FleetObservation } from '../../src/status/fleet-observation.ts';
import { keptStores, withRetirement } from '../../src/status/retirements.ts';
import type { Finding, OrgStatus } from '../../src/status/verdict.ts';

const retires: Finding = { verdict: 'retiring', subject: 'record', what: 'it retires' };
const leaving: OrgStatus = {
  ...{ org: 'acme', name: 'lakekeeper-acme', namespace: undefined, verdict: 'retiring', findings: [retires] },
  retiringIn: 'orgs/lakekeeper-acme',
};
const at = { namespace: 'lakekeeper', uid: 'u', resourceVersion: '1' };
const secret = (labels: Record<string, string>) => ({
  metadata: { ...at, name: 'lakekeeper-acme', labels },
  data: { 'db-user': Buffer.from('lakekeeper_acme').toString('base64') },
});
const retired = { 'lakekeeper-gitops/retired': 'true' };
const resource = { metadata: { ...at, name: 'lakekeeper-acme' } };
const record = {
  metadata: { ...at, name: 'lakekeeper-acme-endpoint', annotations: { 'lakekeeper-gitops/org': 'acme' } },
  data: { iceberg_state: 'retired' },
};
/** What there is of the org in the cluster and in the table of rows. */
function fleet(there: {
  resource?: object;
  secret?: object;
  record?: object;
  row?: object;
  job?: object;
}): FleetObservation {
  const one = (name: string, object: object | undefined) => ({
    value: new Map(object ? [[`lakekeeper/${name}`, object]] : []),
  });
  const databases = new Map([
    ['lakekeeper_acme', { owner: 'lakekeeper_acme' }],
    ['lakekeeper_lost', { owner: 'lakekeeper_lost' }],
  ]);
  return {
    cluster: {
      lakekeepers: one('lakekeeper-acme', there.resource),
      secrets: one('lakekeeper-acme', there.secret),
      configMaps: one('lakekeeper-acme-endpoint', there.record),
      hookJobs: one('lakekeeper-acme-retire', there.job),
    },
    stores: new Map([['server', { value: { databases } }]]),
    tables: new Map([['table', { value: new Map(there.row ? [['acme', there.row]] : []) }]]),
  } as unknown as FleetObservation;
}

test.each<[string, Parameters<typeof fleet>[0], boolean]>([
  ['nothing says so', {}, false],
  ['its row does', { row: { iceberg_state: 'retired' } }, true],
  [
    'its row does, but its resource is there: it came back',
    { row: { iceberg_state: 'retired' }, resource },
    false,
  ],
  [
    'its row does, but its Secret is in use',
    { row: { iceberg_state: 'retired' }, secret: secret({}) },
    false,
  ],
  ['its row says another state', { row: { iceberg_state: 'ready' } }, false],
  ['a ConfigMap does, and its Secret is labelled', { record, secret: secret(retired) }, true],
  ['a ConfigMap does, and its Secret was deleted', { record }, true],
  ['a ConfigMap does, but of a time before it came back', { record, secret: secret({}) }, false],
  ['a ConfigMap has another state', { record: { ...record, data: { iceberg_state: 'ready' } } }, false],
])('whether an org is retired, when %s', (_, there, isRetired) => {
  expect(withRetirement(leaving, fleet(there)).isRetired ?? false).toBe(isRetired);
});

test('of an org whose retirement is recorded, the command that removes its directory is named', () => {
  expect(withRetirement(leaving, fleet({ record })).findings).toEqual([
    {
      ...{ verdict: 'retiring', subject: 'record' },
      what:
        'its retirement is recorded; with a status of now (status --output json > status.json), ' +
        'synth removes orgs/lakekeeper-acme',
      command: 'lakekeeper-gitops synth --status status.json',
    },
  ]);
});

test('a record says nothing about a retirement that has not begun', () => {
  const { retiringIn: _, ...begins } = leaving;
  expect(withRetirement(begins, fleet({ record }))).toEqual(begins);
});

describe('a retirement that failed', () => {
  const failed = (message: string, more: object = {}) => ({
    row: { iceberg_state: 'ready', status_message: message, ...more },
  });
  const final = retirementFailure('3 tables', true);

  test.each<[string, Parameters<typeof fleet>[0], OrgStatus['verdict']]>([
    ['needs a person', failed(final), 'broken'],
    ['may succeed when it is run again', failed(retirementFailure('no route', false)), 'waiting'],
    ['is in the ConfigMap', { record: { ...record, data: { status_message: final } } }, 'broken'],
    ['is over', failed(final, { iceberg_state: 'retired' }), 'retiring'],
    ['is none of ours', failed('provisioned'), 'retiring'],
    ['is one of a registration', failed('lakekeeper-gitops: no route'), 'retiring'],
  ])('that %s', (_, there, verdict) => {
    expect(withRetirement(leaving, fleet(there)).verdict).toBe(verdict);
  });

  test('has its reason, and the command that goes on', () => {
    expect(withRetirement(leaving, fleet(failed(final))).findings).toEqual([
      {
        ...{ verdict: 'broken', subject: 'record', what: 'its retirement failed: 3 tables' },
        command: 'lakekeeper-gitops retire --org acme',
      },
      retires,
    ]);
  });
});

describe('the Job that retires', () => {
  const job = (status: object) => ({ metadata: { ...at, name: 'lakekeeper-acme-retire' }, status });
  const failed = job({
    conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'too often' }],
  });

  test('that failed is listed with the command that goes on: it is not run again', () => {
    expect(withRetirement(leaving, fleet({ job: failed }))).toMatchObject({
      verdict: 'broken',
      findings: [
        {
          subject: 'record',
          what:
            'the Job lakekeeper/lakekeeper-acme-retire failed (BackoffLimitExceeded: too often), and is not run ' +
            'again for the same commit',
          command: 'lakekeeper-gitops retire --org acme',
        },
        retires,
      ],
    });
  });

  test('that runs is waited for', () => {
    expect(withRetirement(leaving, fleet({ job: job({ active: 1 }) })).verdict).toBe('waiting');
  });

  test('that failed before the retirement was recorded, and one that is done, say nothing', () => {
    expect(withRetirement(leaving, fleet({ job: failed, record })).verdict).toBe('retiring');
    expect(withRetirement(leaving, fleet({ job: job({ succeeded: 1 }) })).verdict).toBe('retiring');
  });

  test('makes a failure that may be tried again one that needs a person', () => {
    const row = { iceberg_state: 'ready', status_message: retirementFailure('no route', false) };
    const { verdict, findings } = withRetirement(leaving, fleet({ job: failed, row }));
    expect([verdict, findings.map((one) => one.verdict)]).toEqual([
      'broken',
      ['broken', 'waiting', 'retiring'],
    ]);
  });
});

describe('what cannot be read of an org that retires is unknown, never fine', () => {
  const refused = { unknown: 'no right' };
  const withUnread = (place: string, there: Parameters<typeof fleet>[0]) => {
    const all = fleet(there);
    return place === 'tables'
      ? { ...all, tables: new Map([['table', refused]]) }
      : { ...all, cluster: { ...all.cluster, [place]: refused } };
  };

  test.each(['lakekeepers', 'secrets', 'configMaps', 'hookJobs', 'tables'])('%s', (place) => {
    const said = withRetirement(leaving, withUnread(place, {}) as FleetObservation);
    expect(said).toMatchObject({
      verdict: 'unknown',
      findings: [{ verdict: 'unknown', what: 'no right' }, retires],
    });
    expect(said.isRetired).toBeFalsy();
  });

  test('a record does not count while nobody knows whether its Secret is in use', () => {
    const said = withRetirement(leaving, withUnread('secrets', { record }) as FleetObservation);
    expect(said).toMatchObject({ verdict: 'unknown' });
    expect(said.isRetired).toBeFalsy();
  });

  test('a record that is read counts, whatever else is not', () => {
    expect(withRetirement(leaving, withUnread('tables', { record }) as FleetObservation).isRetired).toBe(
      true,
    );
  });
});

test('only an org that leaves can be retired', () => {
  const registered = { ...leaving, verdict: 'registered' } as const;
  expect(withRetirement(registered, fleet({ record }))).toEqual(registered);
});

test('what is kept of a retired org is no orphan: its role, and the databases of that role', () => {
  expect([...keptStores(fleet({ secret: secret(retired) }))]).toEqual(['lakekeeper_acme']);
  expect([...keptStores(fleet({ secret: secret({}) }))]).toEqual([]);
});
