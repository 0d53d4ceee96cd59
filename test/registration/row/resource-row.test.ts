import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { deriveFleet } from '../../../src/catalog/fleet.ts';
import { decode, encode, registrationInputs } from '../../../src/catalog/registration-inputs.ts';
import { retirementRights } from '../../../src/catalog/retirement-rights.ts';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import type { RecordPlace, ResourceTarget } from '../../../src/mapping/recorded-resource.ts';
import { recordsOfRows } from '../../../src/open-fleet.ts';
import { namespacesOfOrgs } from '../../../src/platform/argocd-namespaces.ts';
import type { Platform } from '../../../src/platform/platform-settings.ts';
import { recordOfRegistration } from '../../../src/registration/row/registration-record.ts';
import { resourceRow } from '../../../src/registration/row/resource-row.ts';
import { recordOfRetirement } from '../../../src/registration/row/retirement-record.ts';
import { writeResource } from '../../../src/registration/row/write-resource.ts';
import { openRetirementTarget } from '../../../src/retirement/record.ts';
import { type ParsedRecord, parseWarehouseRecord } from '../../../src/source/warehouse-record.ts';
import { PermanentError } from '../../../src/text/errors.ts';
import { Redactions } from '../../../src/text/redactions.ts';
import { attachment } from '../../../src/worker/attach/attachment.ts';
import { findRecord } from '../../../src/worker/attach/find-record.ts';
import { baseSettings, orgObjects, platform, type SettingsOverrides } from '../../support/fleet.ts';
import {
  type KubernetesStandIn,
  type StandInObject,
  startKubernetesStandIn,
} from '../../support/kubernetes-stand-in.ts';

/** The worked example of the document: a resource, and the settings for it. */
const document = await readFile('docs/control-planes.md', 'utf8');
const [, section = ''] = /^## A Crossplane resource\n([\s\S]*?)^## /m.exec(document) ?? [];
const [example, exampleSettings] = [...section.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) =>
  parse(text),
) as [StandInObject & { spec: object; status: object }, SettingsOverrides];

let cluster: KubernetesStandIn;
beforeEach(async () => {
  cluster = await startKubernetesStandIn(['lakekeeper', 'tenants']);
  cluster.put('tenants', example);
});
afterEach(() => cluster[Symbol.asyncDispose]());

const tenant = () =>
  cluster.get('tenants', 'tenants', 'acme') as StandInObject & { status: Record<string, unknown> };
const settingsWith = (place: RecordPlace) =>
  platform({
    ...exampleSettings,
    registration: { ...baseSettings.registration, record: { resource: place } },
    ...stores,
  });
/** The example says nothing of credentials, which would be named by a Duckling. */
const stores = {
  metadataStores: {
    external: { provisioning: 'admin', admin: { password: { secret: { name: 'admin', key: 'password' } } } },
  },
} as const;

async function recordsOf(place: RecordPlace): Promise<ParsedRecord[]> {
  const records: ParsedRecord[] = [];
  for await (const one of recordsOfRows(cluster.all('tenants', 'tenants'), settingsWith(place)))
    records.push(parseWarehouseRecord(one));
  return records;
}

/** The Role that is rendered for the Job in the namespace of the resource. */
function rightsBeside(catalog: Catalog, settings: Platform) {
  const role = orgObjects(catalog, settings).find(
    ({ kind, metadata }) => kind === 'Role' && metadata.namespace === 'tenants',
  );
  if (role === undefined) throw new Error('there is no Role');
  return role;
}

/** The inputs of the org's Job, and its row as its account may use it: with the rights that are rendered. */
async function job(place: RecordPlace = 'annotations') {
  const settings = settingsWith(place);
  const { catalogs, rejected } = deriveFleet(await recordsOf(place), settings, new Map());
  const [catalog] = catalogs;
  if (catalog === undefined) throw new Error(JSON.stringify(rejected));
  const inputs = decode(encode(registrationInputs(catalog, settings)));
  const { resource: target } = inputs.record.target as { resource: ResourceTarget };
  const { rules } = rightsBeside(catalog, settings);
  cluster.put('roles', { metadata: { namespace: 'tenants', name: 'job' }, rules });
  const roleRef = { name: 'job' };
  const subjects = [{ kind: 'User', name: 'job' }];
  cluster.put('rolebindings', { metadata: { namespace: 'tenants', name: 'job' }, roleRef, subjects });
  cluster.users.set('job-token', 'job');
  const options = async () => ({ headers: { authorization: 'Bearer job-token' } });
  const kubernetes = kubernetesClient({ server: cluster.server, options }, { wait: async () => {} });
  const sources = { kubernetes, environment: {}, redactions: new Redactions(), secrets: new Map() };
  const row = resourceRow('acme', target, { sources, shutdownClient: kubernetes });
  return { target, row, sources, kubernetes, inputs, record: recordOfRegistration(inputs) };
}
const patches = () => cluster.requests.filter(({ verb }) => verb === 'patch');
const failure = { state: 'failed', message: 'the migration failed' } as const;

describe.each<{ place: RecordPlace; recorded: () => unknown; prefix: string }>([
  { place: 'annotations', recorded: () => tenant().metadata.annotations, prefix: 'lakekeeper-gitops/' },
  { place: { status: 'catalog' }, recorded: () => tenant().status.catalog, prefix: '' },
])('the example of the document, with the record in $place', ({ place, recorded, prefix }) => {
  test('acme is rendered, recorded by one patch, read back, and attached', async () => {
    const { row, record } = await job(place);
    expect(await row.reasonToStop()).toBeUndefined();
    expect(await row.isUpToDate(record)).toBe(false);
    expect(await row.recordSuccess(record)).toBe('updated');
    expect(recorded()).toEqual({
      [`${prefix}catalogEndpoint`]: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
      [`${prefix}lakekeeperWarehouse`]: 'org-acme',
      [`${prefix}oauthClientId`]: 'duckling-acme',
      [`${prefix}oauthServerURI`]: '',
      [`${prefix}clientSecretNamespace`]: 'lakekeeper',
      [`${prefix}clientSecretName`]: 'lakekeeper-acme',
      [`${prefix}clientSecretKey`]: 'oauth2-client-secret',
      [`${prefix}icebergRegion`]: 'eu-central-1',
      [`${prefix}catalogState`]: 'ready',
      [`${prefix}updatedAt`]: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(tenant()).toMatchObject({ spec: example.spec, status: example.status });
    expect(await row.reasonToStop()).toBeUndefined();
    expect(await row.isUpToDate(record)).toBe(true);
    expect(await row.recordSuccess(record)).toBe('unchanged');
    expect(patches()).toHaveLength(1);
    const read = recordsOfRows([tenant()], settingsWith(place));
    expect(attachment(await findRecord(read, 'acme'), settingsWith(place))).toMatchObject({
      catalogEndpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
      lakekeeperWarehouse: 'org-acme',
    });
  });

  test('a failure is recorded; a registered org stays ready; a success removes the message', async () => {
    const { row, record } = await job(place);
    await row.reasonToStop();
    expect(await row.recordFailure(failure)).toBe('updated');
    const message = 'lakekeeper-gitops: the migration failed';
    expect(recorded()).toMatchObject({ [`${prefix}catalogState`]: 'failed', [`${prefix}message`]: message });
    expect(await row.recordFailure(failure)).toBe('unchanged');
    await row.reasonToStop();
    await row.recordSuccess(record);
    expect(recorded()).not.toHaveProperty([`${prefix}message`]);
    await row.reasonToStop();
    expect(await row.recordFailure(failure)).toBe('updated');
    expect(recorded()).toMatchObject({ [`${prefix}catalogState`]: 'ready', [`${prefix}message`]: message });
  });

  test('a retirement is recorded in a resource that no longer wants a catalog, and rendering reads it', async () => {
    const { target, kubernetes, row, record } = await job(place);
    await row.recordSuccess(record);
    const retirement = recordOfRetirement('gone');
    const write = () => writeResource(kubernetes, { target, org: 'acme', gate: 'closed' }, () => retirement);
    expect(await write()).toBe('closed');
    cluster.put('tenants', { ...tenant(), spec: { lake: { enabled: false } } });
    expect(await write()).toBe('updated');
    expect(recorded()).toMatchObject({
      [`${prefix}catalogState`]: 'retired',
      [`${prefix}catalogEndpoint`]: '',
    });
    const { skipped } = deriveFleet(await recordsOf(place), settingsWith(place), new Map());
    expect(skipped).toMatchObject([{ org: 'acme', isRetired: true }]);
  });

  test('why a retirement failed is recorded too, beside the state, and not over a retirement', async () => {
    const { row, record, sources, inputs, kubernetes, target } = await job(place);
    await row.recordSuccess(record);
    const retirement = { version: 1, policy: 'retain', registration: inputs } as const;
    const { writeFailure } = await openRetirementTarget(retirement, sources, new AbortController().signal);
    const before = recorded();
    await writeFailure('not yet');
    // It was enabled again.
    expect(recorded()).toEqual(before);
    cluster.put('tenants', { ...tenant(), spec: { lake: { enabled: false } } });
    await writeFailure('not yet');
    expect(recorded()).toMatchObject({ [`${prefix}catalogState`]: 'ready', [`${prefix}message`]: 'not yet' });
    const { length } = patches();
    await writeFailure('not yet');
    expect(patches()).toHaveLength(length);

    const done = recordOfRetirement('gone');
    await writeResource(kubernetes, { target, org: 'acme', gate: 'closed' }, () => done);
    const retired = recorded();
    await writeFailure('too late');
    expect(recorded()).toEqual(retired);
  });
});

test('the Jobs may write the resource of their org alone, in a namespace that Argo CD permits', async () => {
  const settings = settingsWith({ status: 'catalog' });
  const { catalogs } = deriveFleet(await recordsOf('annotations'), settings, new Map());
  const [catalog] = catalogs;
  if (catalog === undefined) throw new Error('there is no catalog');
  const its = { apiGroups: ['platform.example.org'], resourceNames: ['acme'] };
  expect(rightsBeside(catalog, settings).rules).toEqual([
    { ...its, resources: ['tenants'], verbs: ['get'] },
    { ...its, resources: ['tenants/status'], verbs: ['patch'] },
  ]);
  const registration = registrationInputs(catalog, settings);
  const ofRetirement = retirementRights({ version: 1, policy: 'retain', registration });
  expect(
    ofRetirement
      .filter(({ namespace }) => namespace === 'tenants')
      .map(({ resource, names }) => [resource, names]),
  ).toEqual([
    ['tenants', ['acme']],
    ['tenants/status', ['acme']],
  ]);
  expect(namespacesOfOrgs(settings)).toContain('tenants');
});

test('an adopted name is read back from the resource', async () => {
  const endpoint = 'http://old-name.lakekeeper.svc:8181/catalog';
  cluster.put('tenants', {
    ...example,
    metadata: { ...example.metadata, annotations: { 'lakekeeper-gitops/catalogEndpoint': endpoint } },
  });
  const settings = settingsWith('annotations');
  const { catalogs } = deriveFleet(await recordsOf('annotations'), settings, new Map());
  expect(catalogs.map(({ names }) => names.kubernetes)).toEqual(['old-name']);
});

test.each<[string, () => void]>([
  ['gone', () => cluster.delete('tenants', 'tenants', 'acme')],
  ['disabled', () => cluster.put('tenants', { ...tenant(), spec: { lake: { enabled: false } } })],
  [
    'being deleted',
    () =>
      cluster.put('tenants', {
        ...tenant(),
        metadata: { ...tenant().metadata, deletionTimestamp: '2026-11-30T00:00:00Z' },
      }),
  ],
])('a resource that is %s meanwhile is not written', async (_, change) => {
  const { row, record } = await job();
  expect(await row.reasonToStop()).toBeUndefined();
  change();
  expect(await row.recordSuccess(record)).toBe('closed');
  expect(await row.recordFailure(failure)).toBe('closed');
  expect(patches()).toEqual([]);
  expect(await row.reasonToStop()).toMatch(/no row any more|Iceberg is disabled|is deleting/);
});

test('what was written between reading and writing is never overwritten: it is read, and decided again', async () => {
  const { row, record } = await job();
  await row.reasonToStop();
  const newer = {
    'lakekeeper-gitops/catalogEndpoint': 'http://other',
    'lakekeeper-gitops/catalogState': 'ready',
  };
  const interrupts = [
    () => cluster.put('tenants', { ...tenant(), metadata: { ...tenant().metadata, annotations: newer } }),
  ];
  cluster.faults.push(({ verb }) => {
    if (verb === 'patch') interrupts.pop()?.();
    return undefined;
  });
  // Another run has registered the org since this one began: its failure is not the newest answer.
  expect(await row.recordFailure(failure)).toBe('unchanged');
  expect(tenant().metadata.annotations).toEqual(newer);
  interrupts.push(() => cluster.put('tenants', { ...tenant(), spec: { lake: { enabled: false } } }));
  expect(await row.recordSuccess(record)).toBe('closed');
  expect(tenant().metadata.annotations).toEqual(newer);
  expect(patches()).toHaveLength(2);
});

test('a resource that is written without end is tried again by a later run', async () => {
  const { row, record } = await job();
  let writes = 0;
  cluster.faults.push(({ verb }) => {
    if (verb !== 'patch') return undefined;
    writes += 1;
    cluster.put('tenants', { ...tenant(), status: { writes } });
    return undefined;
  });
  await expect(row.recordSuccess(record)).rejects.toThrow(/while patching tenants tenants\/acme: 409/);
  expect(writes).toBe(6);
});

test('a field that the API server drops is an error that says what to do', async () => {
  const { target, kubernetes, record } = await job({ status: 'catalog' });
  const call: typeof kubernetes.call = async (request, signal) => {
    const answer = await kubernetes.call<StandInObject>(request, signal);
    return (request.verb === 'patch' ? { ...answer, status: {} } : answer) as never;
  };
  const sources = {
    kubernetes: { ...kubernetes, call },
    environment: {},
    redactions: new Redactions(),
    secrets: new Map(),
  };
  const row = resourceRow('acme', target, { sources, shutdownClient: kubernetes });
  const written = row.recordSuccess(record);
  await expect(written).rejects.toThrow(PermanentError);
  await expect(written).rejects.toThrow(
    /^tenants\.platform\.example\.org tenants\/acme: the API server dropped status\.catalog\.\w+, .*\(its XRD or CRD\)/,
  );
});

test('a resource of the cluster cannot be written by a Role: its org is rejected, with the way out', async () => {
  const { namespace: _, ...metadata } = example.metadata;
  const records: ParsedRecord[] = [];
  for await (const one of recordsOfRows([{ ...example, metadata }], settingsWith('annotations')))
    records.push(parseWarehouseRecord(one));
  expect(deriveFleet(records, settingsWith('annotations'), new Map()).rejected).toMatchObject([
    {
      org: 'acme',
      problems: [
        {
          at: 'tenants[acme].metadata.namespace',
          message: expect.stringMatching(
            /^is missing; expected a namespaced resource, .*registration\.record\.resource/,
          ),
        },
      ],
    },
  ]);
});
