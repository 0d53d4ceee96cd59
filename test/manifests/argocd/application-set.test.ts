import { describe, expect, test } from 'vitest';
import { renderPlatform } from '../../../src/manifests/render-files.ts';
import type { RenderedFile } from '../../../src/tree/rendered-file.ts';
import {
  type Manifest,
  objectsIn,
  platform,
  platformObjects,
  type Settings,
  the,
} from '../../support/fleet.ts';

const repoURL = 'https://github.com/acme/catalogs.git';
const settings = (
  argocd: Partial<Settings['argocd']> = {},
  tenancy: Settings['tenancy'] = 'sharedNamespace',
) => platform({ tenancy, argocd: { repoURL, ...argocd } });

interface ApplicationSpec {
  readonly project: string;
  readonly source: Record<string, unknown>;
  readonly destination: { readonly server: string; readonly namespace: string };
  readonly syncPolicy: {
    readonly automated: object;
    readonly retry: { readonly limit: number; readonly refresh: boolean };
    readonly syncOptions: string[];
  };
}

interface ApplicationSet extends Manifest {
  readonly spec: {
    readonly goTemplateOptions: string[];
    readonly generators: { git: { revision: string; directories: { path: string }[] } }[];
    readonly syncPolicy: object;
    readonly preservedFields: object;
    readonly ignoreApplicationDifferences: object[];
    readonly template: {
      readonly metadata: { name: string; annotations: Record<string, string>; finalizers?: string[] };
      readonly spec: ApplicationSpec;
    };
  };
}

const applicationSet = (...of: Parameters<typeof settings>) =>
  the<ApplicationSet>(platformObjects(settings(...of)), 'ApplicationSet', 'lakekeeper.orgs');
const platformApplication = (...of: Parameters<typeof settings>) =>
  the<Manifest & { spec: ApplicationSpec }>(
    platformObjects(settings(...of)),
    'Application',
    'lakekeeper.platform',
  );

test('nothing of Argo CD is rendered unless it is asked for', () => {
  expect(renderPlatform(platform()).map(({ path }) => path)).toEqual([
    'platform/namespace.yaml',
    'platform/network-policies.yaml',
  ]);
});

describe('no Application, and nothing of an org, goes by mistake', () => {
  test('not when its directory is gone, and not when the ApplicationSet is', () => {
    const { spec, metadata } = applicationSet();
    expect(spec.syncPolicy).toEqual({ applicationsSync: 'create-update', preserveResourcesOnDeletion: true });
    expect(metadata).toMatchObject({ finalizers: ['resources-finalizer.argocd.argoproj.io'] });
    expect(spec.template.metadata.finalizers).toBeUndefined();
    expect(spec.goTemplateOptions).toEqual(['missingkey=error']);
  });

  test('a prune that was confirmed by hand stays confirmed, and a pause stays a pause', () => {
    const { spec } = applicationSet();
    expect(spec.preservedFields).toEqual({ annotations: ['argocd.argoproj.io/deletion-approved'] });
    expect(spec.ignoreApplicationDifferences).toEqual([
      { jsonPointers: ['/spec/syncPolicy/automated/enabled'] },
    ]);
  });
});

describe.each([
  ['the Applications of the orgs', applicationSet().spec.template],
  ['the Application of the platform', platformApplication()],
])('%s', (_, { metadata, spec }) => {
  test('follow the branch by its full name, and render anew only when their directory changes', () => {
    expect(spec.source).toMatchObject({ repoURL, targetRevision: 'refs/heads/main' });
    expect(metadata.annotations).toEqual({ 'argocd.argoproj.io/manifest-generate-paths': '.' });
  });

  test('are synced by themselves, with an end to the retries', () => {
    expect(spec.syncPolicy).toEqual({
      automated: { prune: true, selfHeal: true, allowEmpty: false },
      syncOptions: ['PruneLast=true'],
      retry: { limit: 5, refresh: true, backoff: { duration: '30s', factor: 2, maxDuration: '10m' } },
    });
    expect(metadata).not.toHaveProperty('finalizers');
  });
});

describe('one Application', () => {
  test('per org: the directory is the name, and the namespace where each org has one', () => {
    const { spec } = applicationSet({ path: 'clusters/eu/dist', branch: 'release/eu' });
    expect(spec.generators[0]?.git).toMatchObject({
      revision: 'refs/heads/release/eu',
      directories: [{ path: 'clusters/eu/dist/orgs/*' }],
    });
    expect(spec.template.metadata.name).toBe('{{.path.basename}}');
    expect(spec.template.spec.source).toMatchObject({ path: '{{.path.path}}' });
    expect(spec.template.spec.source).not.toHaveProperty('directory');
    expect(spec.template.spec.destination.namespace).toBe('lakekeeper');
    expect(applicationSet({}, 'namespacePerOrg').spec.template.spec.destination.namespace).toBe(
      '{{.path.basename}}',
    );
  });

  test.each(['sharedNamespace', 'namespacePerOrg'] as const)(
    "per shard: with the orgs' directories below it, in a namespace that the project permits (%s)",
    (tenancy) => {
      const { spec } = applicationSet({ shards: 16 }, tenancy);
      expect(spec.generators[0]?.git.directories).toEqual([{ path: 'dist/shards/*' }]);
      expect(spec.template.metadata.name).toBe('lakekeeper.shard-{{.path.basename}}');
      expect(spec.template.spec.source).toMatchObject({ directory: { recurse: true } });
      const project = the<{ spec: { destinations: { namespace: string }[] } }>(
        platformObjects(settings({ shards: 16 }, tenancy)),
        'AppProject',
        'lakekeeper-orgs',
      );
      expect(project.spec.destinations).toContainEqual(spec.template.spec.destination);
    },
  );

  test('for the platform, but for the files that would let it give itself any right', () => {
    const { source, project } = platformApplication({ prune: false }).spec;
    expect(source).toMatchObject({ path: 'dist/platform', directory: { exclude: 'argocd*.yaml' } });
    expect(project).toBe('lakekeeper-platform');
    const excluded = renderPlatform(settings()).filter(({ path }) => path.startsWith('platform/argocd'));
    expect(excluded.flatMap(objectsIn).map(({ kind }) => kind)).toEqual([
      'AppProject',
      'AppProject',
      'Application',
      'ApplicationSet',
      'ConfigMap',
    ]);
  });
});

test('pruning can be switched off while orgs move from one Application to another', () => {
  expect(applicationSet({ prune: false }).spec.template.spec.syncPolicy.automated).toMatchObject({
    prune: false,
  });
});

test('no org can be given the name of an Application of ours: theirs have no dot', () => {
  expect(platformApplication().metadata.name).toContain('.');
  expect(applicationSet({ shards: 2 }).spec.template.metadata.name.replace(/\{\{.*\}\}/, '')).toContain('.');
});

describe('every option is explained where it stands', () => {
  const text = (files: readonly RenderedFile[]) =>
    files
      .filter(({ path }) => path.includes('argocd'))
      .map(({ text }) => text)
      .join('');

  test.each([
    'applicationsSync: create-update',
    'preserveResourcesOnDeletion: true',
    'targetRevision: refs/heads/main',
    'revision: refs/heads/main',
    'argocd.argoproj.io/manifest-generate-paths: "."',
    'refresh: true',
    'limit: 5',
    'prune: true',
    'selfHeal: true',
    'allowEmpty: false',
    'syncOptions:',
    'goTemplateOptions:',
    'requeueAfterSeconds: 180',
    'preservedFields:',
    'ignoreApplicationDifferences:',
    'sourceRepos:',
    'destinations:',
    'clusterResourceWhitelist:',
    'namespaceResourceWhitelist:',
    'finalizers:',
    'directory:',
  ])('%s', (option) => {
    const lines = text(renderPlatform(settings({ shards: 16 }))).split('\n');
    const places = lines.flatMap((line, i) => (line.trim().startsWith(option) ? [i] : []));
    expect(places.length).toBeGreaterThan(0);
    for (const place of places) expect(lines[place - 1]?.trim()).toMatch(/^# ./);
  });

  test('and a comment is nothing that Kubernetes reads', () => {
    for (const file of renderPlatform(settings()).filter(({ path }) => path.includes('argocd')))
      expect(objectsIn(file)).toEqual(objectsIn({ ...file, text: file.text.replaceAll(/^ *# .*\n/gm, '') }));
  });
});
