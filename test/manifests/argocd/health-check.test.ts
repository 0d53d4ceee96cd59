import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderPlatform } from '../../../src/manifests/render-files.ts';
import { objectsIn, platform, platformObjects, the } from '../../support/fleet.ts';

const script = 'argo-cd/resource_customizations/lakekeeper.k8s.lakekeeper.io/Lakekeeper/health.lua';

test('the health check is a patch of argocd-cm that holds the tested script to the letter', async () => {
  const settings = platform({
    argocd: { repoURL: 'git@github.com:acme/catalogs.git', namespace: 'argo-system' },
  });
  const file = renderPlatform(settings).find(({ path }) => path === 'platform/argocd-health-check.yaml');
  expect(file && objectsIn(file)).toEqual([
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'argocd-cm',
        namespace: 'argo-system',
        labels: { 'app.kubernetes.io/part-of': 'argocd' },
        annotations: { 'argocd.argoproj.io/sync-options': 'ServerSideApply=true,Prune=false,Delete=false' },
      },
      data: {
        'resource.customizations.health.lakekeeper.k8s.lakekeeper.io_Lakekeeper': await readFile(
          script,
          'utf8',
        ),
      },
    },
  ]);
});

test('the operator of Argo CD takes changes of argocd-cm back: its resource has the same script', async () => {
  const settings = platform({
    argocd: {
      repoURL: 'git@github.com:acme/catalogs.git',
      namespace: 'openshift-gitops',
      operatorInstance: 'openshift-gitops',
    },
  });
  const file = renderPlatform(settings).find(({ path }) => path === 'platform/argocd-health-check.yaml');
  // A patch of exactly this field, with exactly the fields of its type (docs/facts/openshift.md §3).
  expect(file && objectsIn(file)).toEqual([
    {
      apiVersion: 'argoproj.io/v1beta1',
      kind: 'ArgoCD',
      metadata: expect.objectContaining({ name: 'openshift-gitops', namespace: 'openshift-gitops' }),
      spec: {
        resourceHealthChecks: [
          {
            group: 'lakekeeper.k8s.lakekeeper.io',
            kind: 'Lakekeeper',
            check: await readFile(script, 'utf8'),
          },
        ],
      },
    },
  ]);
});

test.each([
  ['in-cluster', { name: 'in-cluster' }],
  ['http://10.0.0.1:8080', { server: 'http://10.0.0.1:8080' }],
])('the cluster %s is a destination by %j', (cluster, destination) => {
  const settings = platform({ argocd: { repoURL: 'git@github.com:acme/catalogs.git', cluster } });
  const objects = platformObjects(settings);
  const [project, set] = [
    the<{ spec: { destinations: object[] } }>(objects, 'AppProject', 'lakekeeper-orgs'),
    the<{ spec: { template: { spec: { destination: object } } } }>(
      objects,
      'ApplicationSet',
      'lakekeeper.orgs',
    ),
  ];
  expect(project.spec.destinations).toEqual(expect.arrayContaining([expect.objectContaining(destination)]));
  expect(set.spec.template.spec.destination).toMatchObject(destination);
});
