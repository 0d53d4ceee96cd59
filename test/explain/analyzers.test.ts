import { describe, expect, test } from 'vitest';
import { directoryChanges } from '../../src/explain/directory-changes.ts';
import { baseSettings, systemIdentity } from '../support/fleet.ts';
import {
  changesAfterEdit,
  changesOf,
  filesOf,
  pairsOf,
  platformChanges,
  type Situation,
} from '../support/plan.ts';

const catalog = (more: object) => ({ settings: { catalog: { ...baseSettings.catalog, ...more } } });
const amended = (more: object) => ({ settings: { operator: { amendments: true }, ...more } });
const registration = (more: object) => ({
  settings: { registration: { ...baseSettings.registration, ...more } },
});

const adls = (filesystem: string): Situation => ({
  columns: { data_store_kind: 'azure', data_store_bucket_name: filesystem },
  settings: {
    operator: { amendments: true },
    dataStores: {
      azure: { type: 'adls', accountName: 'lakes', credential: { type: 'systemIdentity' } },
    },
  },
});

describe('the effect of a difference', () => {
  test.each<[string, Situation, Situation, object[]]>([
    ['more replicas', {}, catalog({ replicas: 5 }), [{ kind: 'scaled', from: '2', to: '5' }]],
    [
      'no replicas',
      {},
      catalog({ replicas: 0 }),
      [
        { kind: 'scaledToZero', from: '2', to: '0' },
        { kind: 'disruptionsChanged', from: 'maxUnavailable 1', to: 'none' },
      ],
    ],
    [
      'replicas again',
      catalog({ replicas: 0 }),
      {},
      [
        { kind: 'scaled', from: '0', to: '2' },
        { kind: 'disruptionsChanged', from: 'none', to: 'maxUnavailable 1' },
      ],
    ],
    [
      'resources',
      {},
      catalog({ resources: { requests: { cpu: '1', memory: '512Mi' }, limits: { memory: '1Gi' } } }),
      [
        { kind: 'resourcesChanged', what: 'limits memory', to: '1Gi' },
        { kind: 'resourcesChanged', what: 'requests cpu', from: '500m', to: '1' },
      ],
    ],
    [
      'the endpoint',
      {},
      catalog({ server: { baseURI: 'https://{org}.lake.example.com' } }),
      [
        {
          kind: 'endpointChanged',
          from: 'http://lakekeeper-acme.lakekeeper.svc:8181',
          to: 'https://acme.lake.example.com',
        },
      ],
    ],
    [
      'a variable of the server',
      amended({}),
      amended({ catalog: { ...baseSettings.catalog, environment: { RUST_LOG: 'debug' } } }),
      [{ kind: 'serverChanged', what: 'RUST_LOG', to: 'debug' }],
    ],
    [
      'how often the operator looks',
      {},
      catalog({ bootstrapCheckInterval: '30s' }),
      [{ kind: 'serverChanged', what: 'bootstrap checkInterval', from: '15s', to: '30s' }],
    ],
    [
      'a cloud identity',
      amended({}),
      amended({ identity: { provider: 'irsa', annotations: { 'eks.amazonaws.com/role-arn': 'arn:{org}' } } }),
      [
        {
          kind: 'identityChanged',
          what: 'eks.amazonaws.com/role-arn',
          to: 'arn:acme',
        },
      ],
    ],
    [
      'another bucket',
      {},
      { columns: { data_store_bucket_name: 'other-bucket' } },
      [{ kind: 'storageRefused', what: 'bucket', from: 'lake-bucket', to: 'other-bucket' }],
    ],
    [
      'another region of AWS',
      {},
      { columns: { data_store_region: 'us-east-1' } },
      [{ kind: 'storageRefused', what: 'region', from: 'eu-central-1', to: 'us-east-1' }],
    ],
    [
      'another endpoint of the store',
      {
        settings: {
          dataStores: { s3bucket: { ...baseSettings.dataStores.s3bucket, endpoint: 'https://a' } },
        },
      },
      {
        settings: {
          dataStores: { s3bucket: { ...baseSettings.dataStores.s3bucket, endpoint: 'https://b' } },
        },
      },
      [{ kind: 'storageElsewhere', what: 'endpoint', from: 'https://a', to: 'https://b' }],
    ],
    [
      'another container of Azure',
      adls('lake'),
      adls('other'),
      [{ kind: 'storageRefused', what: 'filesystem', from: 'lake', to: 'other' }],
    ],
    [
      'another warehouse name',
      {},
      { settings: { orgs: { acme: { lakekeeperWarehouse: 'main' } } } },
      [{ kind: 'lakekeeperWarehouseRenamed', from: 'org-acme', to: 'main' }],
    ],
    [
      'another version of registration',
      {},
      registration({ image: 'ghcr.io/lakekeeper-gitops/lakekeeper-gitops:v0.2.0' }),
      [{ kind: 'programChanged', from: 'v0.1.0', to: 'v0.2.0' }],
    ],
    [
      'two Jobs for one',
      {},
      registration({ hookMode: 'split' }),
      [
        { kind: 'registrationJobChanged', what: 'Job lakekeeper-acme-prepare added' },
        { kind: 'labelsChanged', what: 'argocd.argoproj.io/sync-wave', to: '-2' },
      ],
    ],
  ])('%s', (_, before, after, changes) => {
    expect(changesOf(before, after)).toEqual(changes);
  });

  test('static keys in place of a system identity change the access to the store and the rights of the pods', () => {
    const changes = changesOf(amended({}), amended({ dataStores: systemIdentity }));
    expect(changes).toContainEqual({
      kind: 'storageChanged',
      what: 'credential.type',
      from: 'accessKey',
      to: 'systemIdentity',
    });
    expect(changes).toContainEqual({
      kind: 'rightsLost',
      what: 'ServiceAccount lakekeeper/lakekeeper-acme.register: get secrets duckling-acme-s3 in ducklings',
    });
  });

  test('a region may follow an endpoint from v0.12 on', () => {
    const store = (region: string) => ({
      settings: {
        dataStores: {
          s3bucket: { ...baseSettings.dataStores.s3bucket, region, endpoint: 'https://s3.example.com' },
        },
      },
    });
    expect(changesOf(store('a'), store('b'))).toMatchObject([{ kind: 'storageChanged', what: 'region' }]);
  });

  test('another warehouse database changes the record target, and the Secret that may be read', () => {
    const record = {
      warehouseDatabase: { url: { namespace: 'duckgres', name: 'other-database', key: 'url' } },
    };
    expect(changesOf({}, registration({ record }))).toEqual([
      {
        kind: 'rightsGained',
        what: 'ServiceAccount lakekeeper/lakekeeper-acme.register: get secrets other-database in duckgres',
      },
      {
        kind: 'rightsLost',
        what: 'ServiceAccount lakekeeper/lakekeeper-acme.register: get secrets warehouse-database in duckgres',
      },
      {
        kind: 'recordChanged',
        what: 'target.warehouseDatabase.url.name',
        from: 'warehouse-database',
        to: 'other-database',
      },
    ]);
  });

  test('another namespace is another catalog, and its objects are not reported one by one', () => {
    const changes = changesOf({}, { settings: { namespace: 'catalogs' } });
    expect(changes).toContainEqual({
      kind: 'catalogMoved',
      what: 'namespace',
      from: 'lakekeeper',
      to: 'catalogs',
    });
    expect(changes.filter(({ kind }) => kind.startsWith('object'))).toEqual([]);
  });
});

describe('the effect on what all orgs share', () => {
  test('added monitoring opens every catalog, and nothing else', () => {
    const { monitoring } = baseSettings;
    expect(platformChanges({ monitoring: undefined }, { monitoring })).toEqual([
      {
        kind: 'networkOpened',
        what: 'pods app.kubernetes.io/name=prometheus in monitoring → catalog pods, port 9000/TCP',
      },
    ]);
  });

  describe('the policies of admission', () => {
    const what = 'lakekeeper-gitops-amendments';
    const amendedPods = (labels: object) => ({
      operator: { amendments: true },
      catalog: { ...baseSettings.catalog, pods: { labels } },
    });
    const admissionOf = (...[before, after]: Parameters<typeof platformChanges>) =>
      platformChanges(before, after).filter((change) => change.what === what);
    const both = `MutatingAdmissionPolicy ${what}, MutatingAdmissionPolicyBinding ${what}`;

    test('are added', () => {
      const changes = platformChanges({}, { operator: { amendments: true } });
      expect(changes).toContainEqual({ kind: 'admissionPolicyChanged', what, to: both });
      expect(changes).toContainEqual(
        expect.objectContaining({ kind: 'admissionPolicyChanged', what: 'lakekeeper-gitops-registration' }),
      );
      expect(changes).toHaveLength(2);
    });

    test('are removed, and with them what secures new pods', () => {
      const changes = platformChanges({ operator: { amendments: true } }, {});
      expect(changes.map((change) => [change.kind, change.what])).toEqual([
        ['admissionPolicyRemoved', what],
        ['admissionPolicyRemoved', 'lakekeeper-gitops-registration'],
      ]);
    });

    test('change, without their objects being listed', () => {
      const changes = admissionOf(amendedPods({ team: 'a' }) as never, amendedPods({ team: 'b' }) as never);
      expect(changes).toEqual([{ kind: 'admissionPolicyChanged', what }]);
    });

    test('move to another engine', () => {
      const kyverno = { operator: { amendments: { engine: 'kyverno' } } } as const;
      expect(admissionOf({ operator: { amendments: true } }, kyverno)).toEqual([
        { kind: 'admissionPolicyChanged', what, from: both, to: `MutatingPolicy ${what}` },
      ]);
    });
  });

  test('token reviews are a right of every catalog', () => {
    const on = { operator: { amendments: true }, authentication: { mode: 'kubernetes' as const } };
    expect(platformChanges({ operator: { amendments: true } }, on)).toEqual([
      {
        kind: 'rightsGained',
        what:
          'Group system:serviceaccounts:lakekeeper: all rights of the ClusterRole ' +
          'system:auth-delegator in the whole cluster',
      },
    ]);
  });

  test('a removed namespace removes all that is in it', () => {
    expect(platformChanges({}, { tenancy: 'namespacePerOrg' })).toContainEqual({
      kind: 'namespaceLeaves',
      what: 'Namespace lakekeeper',
    });
  });
});

describe('an edit by hand', () => {
  test('a prune without confirmation is reported', () => {
    expect(changesAfterEdit((text) => text.replace('Prune=confirm,Delete=confirm', 'Prune=false'))).toEqual([
      {
        kind: 'protectionChanged',
        what: 'Lakekeeper lakekeeper-acme',
        from: 'Prune=false',
        to: 'Prune=confirm,Delete=confirm',
      },
    ]);
  });

  test('a field that is never rendered, and an object that synth does not render, are reported', () => {
    expect(
      changesAfterEdit((text, path) =>
        path.endsWith('catalog.yaml')
          ? `${text.replace('spec:\n', 'spec:\n  taskQueues:\n    pollInterval: 1s\n')}---\n` +
            'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n'
          : text,
      ),
    ).toEqual([
      { kind: 'objectRemoved', what: 'ConfigMap extra' },
      { kind: 'objectChanged', what: 'Lakekeeper lakekeeper-acme spec.taskQueues.pollInterval', from: '1s' },
    ]);
  });

  test('a comment changes nothing, but the file counts as edited', () => {
    expect(changesAfterEdit((text) => text.replace('spec:\n', 'spec: # why\n'))).toEqual([]);
  });

  test.each([
    ['what is no YAML', 'kind: [\n'],
    ['what is no object', '- a list\n'],
    [
      'aliases that would fill the memory',
      `a: &a [x,x]\n${'bcdefghijk'.replaceAll(/./g, (c) => {
        const alias = `*${String.fromCharCode(c.charCodeAt(0) - 1)},`;
        return `${c}: &${c} [${alias.repeat(9)}]\n`;
      })}`,
    ],
  ])('%s is reported as unreadable', (_, text) => {
    expect(changesAfterEdit(() => text)).toContainEqual({ kind: 'unreadable' });
  });

  test.each([
    ['a URL with a password', 'note: postgres://user:s3cret-word@db/x', '(a URL with a password in it)'],
    ['a password by its name', 'password: s3cret-word', '(not shown)'],
    ['a secret by its name', 'deep: { clientSecret: s3cret-word }', '(not shown)'],
  ])('%s is not repeated', (_, line, from) => {
    const changes = changesAfterEdit((text) => text.replace('  replicas: 2\n', `  ${line}\n  replicas: 2\n`));
    expect(JSON.stringify(changes)).not.toContain('s3cret-word');
    expect(changes).toMatchObject([{ kind: 'objectChanged', from }]);
  });
});

test('a file counts as edited when its digest does not match, not when it only differs', () => {
  const kinds = (edit: (text: string) => string) => {
    const before = filesOf('acme', {}).map(({ path, text }) => ({ path, text: edit(text) }));
    return directoryChanges(pairsOf(before, filesOf('acme', catalog({ replicas: 4 }))));
  };
  expect(kinds((text) => text.replace('replicas: 2\n', 'replicas: 3\n'))).toContainEqual({
    kind: 'editedByHand',
    what: 'catalog.yaml',
  });
  expect(kinds((text) => text).map(({ kind }) => kind)).toEqual(['scaled', 'registrationAgain']);
});
