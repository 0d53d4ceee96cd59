import type { V1CronJob, V1PolicyRule, V1RoleBinding } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { repairCommand } from '../../src/commands/repair-command.ts';
import type { NetworkPolicy } from '../../src/explain/network-policy-change.ts';
import {
  catalog,
  fleetObjects,
  type Manifest,
  platform,
  type SettingsOverrides,
  the,
} from '../support/fleet.ts';
import { Network } from '../support/network.ts';
import { againstRestricted } from '../support/pod-security.ts';

const repair = { schedule: '17 */6 * * *' };
const name = 'lakekeeper-gitops-repair';

function objects(overrides: SettingsOverrides = {}): Manifest[] {
  const settings = platform({ repair, ...overrides });
  return fleetObjects([catalog('acme', settings)], settings);
}
const jobOf = (from: Manifest[]) => the<V1CronJob>(from, 'CronJob', name).spec?.jobTemplate.spec;
const podOf = (from: Manifest[]) => jobOf(from)?.template.spec ?? { containers: [] };

test('without the setting nothing of it is rendered', () => {
  const rendered = JSON.stringify(objects({ repair: undefined }));
  expect(rendered).not.toContain(name);
  expect(rendered).not.toContain('.repair');
});

test('the program understands the arguments of its pod', () => {
  const [{ args = [] } = {}] = podOf(objects()).containers;
  const command = repairCommand().exitOverride();
  // Without the action, which would begin to repair.
  command.action(() => undefined).parse(args.slice(1), { from: 'user' });
  expect(command.opts()).toMatchObject({
    namespace: 'lakekeeper',
    concurrency: 4,
    deadline: 300,
    jitter: 300,
  });
});

test('one run at a time, whose pods end by themselves', () => {
  const { spec } = the<V1CronJob>(objects(), 'CronJob', name);
  expect(spec).toMatchObject({ schedule: repair.schedule, concurrencyPolicy: 'Forbid' });
  expect(jobOf(objects())).toMatchObject({ activeDeadlineSeconds: 7200, backoffLimit: 1 });
  expect(againstRestricted(podOf(objects()))).toEqual([]);
});

test.each<[string, string, boolean]>([
  ['120m', '7200s', true],
  ['7199s', '120m', false],
])('pods that begin at random within %s, and are ended after %s', (jitter, deadline, isRefused) => {
  const rendered = () => objects({ repair: { ...repair, jitter, deadline } });
  const message = `repair.jitter: is ${jitter}, and repair.deadline ${deadline}: a pod may be ended before it begins`;
  if (isRefused) expect(rendered).toThrow(message);
  else expect(rendered).not.toThrow();
});

test.each([
  ['59m', false],
  ['3600s', true],
])(
  'an org is registered with one token, which is valid for an hour: a deadline of %s',
  (orgDeadline, isRefused) => {
    const rendered = () => objects({ repair: { ...repair, orgDeadline } });
    if (isRefused) expect(rendered).toThrow(`repair.orgDeadline: is ${orgDeadline}; expected less than 60m`);
    else expect(rendered).not.toThrow();
  },
);

test('shards are the indexes of an Indexed Job, of which one that fails does not end the others', () => {
  const from = objects({ repair: { ...repair, shards: 4 } });
  expect(jobOf(from)).toMatchObject({
    completionMode: 'Indexed',
    completions: 4,
    parallelism: 4,
    backoffLimitPerIndex: 1,
    podFailurePolicy: { rules: [{ action: 'FailIndex' }, { action: 'Ignore' }] },
  });
  expect(jobOf(from)?.backoffLimit).toBeUndefined();
  expect(podOf(from).containers[0]?.args).toEqual(
    expect.arrayContaining(['--shard', '$(JOB_COMPLETION_INDEX)/4']),
  );
});

describe.each(['sharedNamespace', 'namespacePerOrg'] as const)('%s', (tenancy) => {
  const from = objects({ tenancy });
  const own = tenancy === 'sharedNamespace' ? 'lakekeeper' : 'lakekeeper-acme';

  test('it may list inputs and make tokens of the registration account, and nothing else', () => {
    const bindings = from.filter(
      ({ kind, subjects }) =>
        kind.endsWith('RoleBinding') &&
        (subjects as V1RoleBinding['subjects'])?.some((subject) => subject.name === name),
    ) as unknown as V1RoleBinding[];
    const rights = bindings.flatMap(({ metadata, roleRef }) =>
      the<{ rules: V1PolicyRule[] }>(from, roleRef.kind, roleRef.name).rules.map(
        ({ resources, resourceNames = [], verbs }) =>
          `${metadata?.namespace ?? 'cluster'}: ${verbs} ${resources} ${resourceNames}`.trim(),
      ),
    );
    const tokens = `${own}: create serviceaccounts/token lakekeeper-acme.register`;
    expect(rights.sort()).toEqual(
      tenancy === 'sharedNamespace'
        ? [tokens, 'lakekeeper: list configmaps']
        : ['cluster: list namespaces', tokens, 'lakekeeper-acme: list configmaps'],
    );
  });

  test('its pods reach what registration reaches, and nobody reaches them', () => {
    const policies = from.filter(({ kind }) => kind === 'NetworkPolicy') as unknown as NetworkPolicy[];
    const labels = { 'lakekeeper-gitops/catalogs': 'true' };
    const network = new Network({ [own]: labels, 'kube-system': {}, lakekeeper: labels }, policies);
    const pod = { namespace: 'lakekeeper', labels: jobOf(from)?.template.metadata?.labels ?? {} };
    const server = {
      namespace: own,
      labels: {
        'app.kubernetes.io/name': 'lakekeeper',
        'app.kubernetes.io/instance': 'lakekeeper-acme',
        'app.kubernetes.io/managed-by': 'lakekeeper-operator',
      },
    };
    expect(network.mayConnect(pod, server, 8181)).toBe(true);
    expect(network.mayConnect(pod, server, 9000)).toBe(false);
    expect(network.mayConnect(pod, { ip: '10.20.1.1' }, 6432)).toBe(true);
    expect(network.mayConnect(pod, { ip: '10.0.0.1' }, 6443)).toBe(true);
    expect(network.mayConnect(pod, { ip: '198.51.100.4' }, 443)).toBe(false);
    expect(network.mayConnect(server, pod, 8080)).toBe(false);
  });
});

test('of peers that differ from org to org, those of every org are reached', () => {
  const policies = objects({
    network: { postgres: { namespace: 'db-{org}', podSelector: { role: 'primary', org: '{org}' } } },
  }).filter(({ kind }) => kind === 'NetworkPolicy') as unknown as NetworkPolicy[];
  const network = new Network({ lakekeeper: {}, 'db-globex': {} }, policies);
  const pod = { namespace: 'lakekeeper', labels: jobOf(objects())?.template.metadata?.labels ?? {} };
  const database = (role: string) => ({ namespace: 'db-globex', labels: { role, org: 'globex' } });
  expect(network.mayConnect(pod, database('primary'), 5432)).toBe(true);
  expect(network.mayConnect(pod, database('backup'), 5432)).toBe(false);
});

test.each<[SettingsOverrides, string]>([
  [{ repair: { schedule: 'hourly' } }, 'repair.schedule: is not a schedule of five fields'],
  [{ repair: { ...repair, pods: { nodeSelector: { org: '{org}' } } } }, 'repair.pods: has a placeholder'],
  [{ registration: { pods: { nodeSelector: { org: '{org}' } } } }, 'repair.pods: is missing'],
  [
    { repair: { ...repair, shards: 2 }, kubernetesVersion: '1.28' as never },
    'repair.shards: needs Kubernetes 1.29',
  ],
])('%j is refused', (overrides, message) => {
  expect(() => platform({ repair, ...overrides })).toThrow(message);
});
