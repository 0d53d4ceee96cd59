import type { V1ConfigMap, V1Job, V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { decode, registrationFiles, registrationInputs } from '../../src/catalog/registration-inputs.ts';
import {
  type Columns,
  catalog,
  type Manifest,
  orgObjects,
  platform,
  type SettingsOverrides,
  the,
} from '../support/fleet.ts';

function objects(overrides: SettingsOverrides = {}, columns: Columns = {}, org = 'acme'): Manifest[] {
  const settings = platform(overrides);
  return orgObjects(catalog(org, settings, columns), settings);
}
const job = (from: Manifest[], suffix = 'register') => the<V1Job>(from, 'Job', `lakekeeper-acme-${suffix}`);
const podOf = (of: V1Job): V1PodSpec => of.spec?.template.spec ?? { containers: [] };
const inputsOf = (from: Manifest[], name = 'lakekeeper-acme') =>
  the<V1ConfigMap>(from, 'ConfigMap', `${name}-registration`).data ?? {};
const registration = (part: SettingsOverrides['registration']) => ({ registration: part });

describe('the hook Job', () => {
  test('is one, runs after the sync, and replaces the one before it', () => {
    const jobs = objects().filter(({ kind }) => kind === 'Job');
    expect(jobs.map(({ metadata }) => metadata.name)).toEqual(['lakekeeper-acme-register']);
    expect(jobs[0]?.metadata.annotations).toMatchObject({
      'argocd.argoproj.io/hook': 'PostSync',
      'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
    });
    expect(jobs[0]?.metadata.annotations).not.toHaveProperty(['argocd.argoproj.io/sync-wave']);
  });

  test.each(['45s', '90s', '3m', '6m', '15m', '60m'])(
    'deadline %s: each pod ends by itself and has time to say why, also the last one, before Kubernetes ends the Job',
    (deadline) => {
      const { spec } = job(objects(registration({ deadline })));
      const seconds = Number.parseInt(deadline, 10) * (deadline.endsWith('m') ? 60 : 1);
      expect(spec?.activeDeadlineSeconds).toBe(seconds);
      const [, own] =
        /--deadline ([0-9]+)s/.exec(spec?.template.spec?.containers[0]?.args?.join(' ') ?? '') ?? [];
      // As the Job controller does it: 10 s before the second pod, doubled each time.
      let end = 0;
      for (let tries = 0; tries <= (spec?.backoffLimit ?? 6); tries++)
        end += (tries === 0 ? 0 : 10 * 2 ** (tries - 1)) + Number(own);
      expect(end).toBeLessThanOrEqual(seconds - 20);
      expect(Number(own)).toBeGreaterThan(20);
    },
  );

  test('is retried three times, but not after exit codes 2 and 4; a disruption is no try', () => {
    const { spec } = job(objects());
    expect(spec?.backoffLimit).toBe(3);
    expect(spec?.podFailurePolicy?.rules).toEqual([
      { action: 'FailJob', onExitCodes: { containerName: 'register', operator: 'In', values: [2, 4] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ]);
    // Kubernetes refuses a podFailurePolicy beside any other.
    expect(spec?.template.spec?.restartPolicy).toBe('Never');
    expect(podOf(job(objects())).containers.map(({ name }) => name)).toEqual(['register']);
  });

  test('runs the registration of its own inputs, from the image of the settings', () => {
    const [container] = podOf(job(objects())).containers;
    expect(container?.image).toBe('ghcr.io/lakekeeper-gitops/lakekeeper-gitops:v0.1.0');
    expect(container?.command).toEqual(['lakekeeper-gitops']);
    expect(container?.args?.slice(0, 3)).toEqual(['register', '--inputs', registrationFiles.inputs]);
  });

  test('runs as an account of its own, which can do nothing for the catalog', () => {
    const from = objects({ operator: { amendments: true } });
    expect(podOf(job(from)).serviceAccountName).toBe('lakekeeper-acme.register');
    expect(the(from, 'ServiceAccount', 'lakekeeper-acme.register').metadata.namespace).toBe('lakekeeper');
  });

  test('labels its pods with their org and their catalog, and not as a catalog', () => {
    expect(job(objects()).spec?.template.metadata?.labels).toEqual({
      'app.kubernetes.io/name': 'lakekeeper-gitops',
      'app.kubernetes.io/component': 'registration',
      'app.kubernetes.io/part-of': 'lakekeeper-gitops',
      'lakekeeper-gitops/catalog': 'lakekeeper-acme',
      'lakekeeper-gitops/org': 'acme',
      'sidecar.istio.io/inject': 'false',
    });
  });

  test('has the resources of the settings', () => {
    const resources = { requests: { cpu: '10m' }, limits: { memory: '1Gi' } };
    expect(podOf(job(objects(registration({ resources })))).containers[0]?.resources).toEqual(resources);
  });
});

describe('inputs', () => {
  test('are decoded by the Job to what synth knows', () => {
    const settings = platform({
      authentication: { mode: 'openID', issuer: 'cluster', providerURI: 'https://i' },
    });
    const desired = catalog('acme', settings);
    const text = inputsOf(orgObjects(desired, settings))['inputs.json'] ?? '';
    expect(JSON.parse(JSON.stringify(decode(text)))).toEqual(
      JSON.parse(JSON.stringify(registrationInputs(desired, settings))),
    );
  });

  test('stand where the Job looks for them', () => {
    const from = objects();
    const pod = podOf(job(from));
    const mount = pod.containers[0]?.volumeMounts?.find(({ name }) => name === 'inputs');
    const volume = pod.volumes?.find(({ name }) => name === 'inputs');
    expect(volume?.configMap).toEqual({ name: 'lakekeeper-acme-registration' });
    expect(mount?.readOnly).toBe(true);
    expect(Object.keys(inputsOf(from)).map((key) => `${mount?.mountPath}/${key}`)).toContain(
      registrationFiles.inputs,
    );
  });
});

const clusterIssuer = { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' } as const;
const externalIssuer = {
  ...clusterIssuer,
  issuer: 'external',
  tokenEndpoint: 'https://oidc.example.com/token',
  client: { id: 'registration', secret: { name: 'client', key: 'secret' } },
} as const;

test('what the Job reads of its own namespace is mounted where it looks, and does not keep it from starting', () => {
  const external = {
    provisioning: 'admin',
    host: 'postgres.example.com',
    sslMode: 'verify-full',
    sslRootCertSecret: { name: 'postgres-ca', key: 'ca.pem' },
    admin: { user: 'postgres', password: { environment: 'PASSWORD' } },
  } as const;
  const from = objects({ operator: { amendments: true }, metadataStores: { external } });
  const { containers, volumes = [] } = podOf(job(from));
  const mounted = Object.fromEntries(
    (containers[0]?.volumeMounts ?? []).map(({ name, mountPath }) => [
      mountPath,
      volumes.find((volume) => volume.name === name),
    ]),
  );
  expect(mounted[registrationFiles.amendments]?.configMap).toEqual({
    name: 'lakekeeper-acme-amendments',
    optional: true,
  });
  expect(mounted[registrationFiles.metadataStoreCA.replace('/ca.crt', '')]?.secret).toEqual({
    secretName: 'postgres-ca',
    items: [{ key: 'ca.pem', path: 'ca.crt' }],
    optional: true,
  });
});

describe('token', () => {
  const amended = { operator: { amendments: true } };

  test.each([
    ['TokenReview', { ...amended, authentication: { mode: 'kubernetes' } }],
    ['TokenReview, fork', { operator: { flavor: 'fork' }, authentication: { mode: 'kubernetes' } }],
    ["the cluster's issuer", { authentication: clusterIssuer }],
  ] as const)('for the audience of the org, where tokens are checked by %s', (_, settings) => {
    const pod = podOf(job(objects(settings)));
    const volume = pod.volumes?.find(({ name }) => name === 'token');
    const [source, ...others] = volume?.projected?.sources ?? [];
    // The proof tries another one, which no catalog may accept.
    expect(others).toMatchObject([{ serviceAccountToken: { audience: 'refused.lakekeeper-gitops' } }]);
    expect(source?.serviceAccountToken).toMatchObject({
      audience: 'lakekeeper-acme',
      expirationSeconds: 3600,
    });
    const mount = pod.containers[0]?.volumeMounts?.find(({ name }) => name === 'token');
    expect(`${mount?.mountPath}/${source?.serviceAccountToken?.path}`).toBe(registrationFiles.token);
    expect(mount?.readOnly).toBe(true);
  });

  test.each([
    ['nobody checks tokens', {}],
    ['tokens come from a provider outside', { authentication: externalIssuer }],
  ])('none where %s', (_, settings) => {
    const pod = podOf(job(objects(settings)));
    expect(pod.volumes?.map(({ name }) => name)).toEqual(['inputs']);
    expect(pod.containers[0]?.volumeMounts?.map(({ name }) => name)).toEqual(['inputs']);
  });
});

describe('fingerprint', () => {
  const image = 'quay.io/lakekeeper/catalog:v0.13.3';
  const variants: [string, Manifest[]][] = [
    ['the base', objects()],
    ['the base again', objects()],
    ['other settings of another org', objects({ orgs: { initech: { replicas: 7, image } } })],
    ['a setting that no Job sees', objects({ catalog: { bootstrapCheckInterval: '30s' } })],
    ['another image of the Job', objects(registration({ image: 'ghcr.io/lakekeeper-gitops/it:v0.2.0' }))],
    ['another deadline', objects(registration({ deadline: '20m' }))],
    ['other resources', objects(registration({ resources: { limits: { memory: '1Gi' } } }))],
    ['the other hook mode', objects(registration({ hookMode: 'split' }))],
    ['a record in a ConfigMap', objects(registration({ record: { configMap: true } }))],
    ['another host', objects({}, { metadata_store_endpoint: 'other.example.com' })],
    ['another bucket', objects({}, { data_store_bucket_name: 'other-bucket' })],
    ['another catalog', objects({ orgs: { acme: { image } } })],
    ['other replicas', objects({ orgs: { acme: { replicas: 7 } } })],
    ['authentication', objects({ authentication: clusterIssuer })],
    ['another audience', objects({ authentication: { ...clusterIssuer, audience: 'of-{org}' } })],
    ['a client secret elsewhere', objects({ authentication: externalIssuer })],
  ];
  const seenByArgo = variants.map(([name, from]) => ({
    name,
    fingerprint: inputsOf(from).fingerprint ?? '',
    work: JSON.stringify([inputsOf(from)['inputs.json'], from.filter(({ kind }) => kind === 'Job')]),
  }));

  test('is a digest, beside the inputs', () => {
    for (const { fingerprint } of seenByArgo) expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test('changes exactly when the inputs or a Job do', () => {
    for (const a of seenByArgo)
      for (const b of seenByArgo)
        expect(a.fingerprint === b.fingerprint, `${a.name} and ${b.name}`).toBe(a.work === b.work);
    expect(new Set(seenByArgo.slice(0, 4).map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(new Set(seenByArgo.slice(3).map(({ fingerprint }) => fingerprint)).size).toBe(13);
  });

  test('is in an object that Argo CD compares, which a hook is not', () => {
    const { metadata } = the(objects(), 'ConfigMap', 'lakekeeper-acme-registration');
    expect(metadata.annotations).not.toHaveProperty(['argocd.argoproj.io/hook']);
  });

  test('of two orgs differs', () => {
    const [acme, other] = [inputsOf(objects()), inputsOf(objects({}, {}, 'initech'), 'lakekeeper-initech')];
    expect(acme.fingerprint).not.toBe(other.fingerprint);
  });
});
