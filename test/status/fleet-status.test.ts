import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { secretKeys } from '../../src/catalog/catalog.ts';
import type { OrgStatus } from '../../src/status/verdict.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import type { StandInObject } from '../support/kubernetes-stand-in.ts';
import { say } from '../support/operate.ts';
import {
  findingsOf,
  orgRow,
  type StatusOptions,
  type StatusScene,
  startStatusScene,
} from '../support/status-scene.ts';

let postgres: EmbeddedPostgres;
let scene: StatusScene;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  scene = await startStatusScene(postgres, await mkdtemp(join(tmpdir(), 'status-')));
});
afterEach(async () => {
  await scene.end();
  await rm(scene.directory, { recursive: true });
});

const acme = (columns: object = {}) => orgRow(postgres, 'acme', columns);
const at = ['lakekeeper', 'lakekeeper-acme'] as const;

async function rendered(...rows: readonly object[]): Promise<void> {
  await scene.source(...rows);
  await scene.render();
}

async function registered(): Promise<void> {
  await rendered(acme());
  await scene.apply();
  expect(await scene.register()).toBe('registered');
}

test('many orgs at a time cause no warning of Node', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  await rendered(...Array.from({ length: 30 }, (_, i) => orgRow(postgres, `org-${i}`)));
  await scene.status({ concurrency: 30 });
  // Node emits a warning in the next tick.
  await new Promise(setImmediate);
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

async function only(options?: StatusOptions): Promise<OrgStatus> {
  const { orgs } = await scene.status(options);
  const [one] = orgs;
  if (one === undefined || orgs.length > 1) throw new Error(`expected one org, saw ${JSON.stringify(orgs)}`);
  return one;
}

const said = async (options?: StatusOptions) => findingsOf(await only(options));

async function sql(text: string, database = postgres.database): Promise<void> {
  const client = await scene.connect(postgres.user, postgres.password, database);
  await client.query(text).finally(() => client.end());
}

function patchSecret(change: Record<string, string | undefined>): void {
  const { data, ...rest } = scene.cluster.get('secrets', ...at) as StandInObject & { data: object };
  const encoded = Object.entries(change).map(([key, value]) => [
    key,
    value && Buffer.from(value).toString('base64'),
  ]);
  const all = Object.entries({ ...data, ...Object.fromEntries(encoded) });
  scene.cluster.put('secrets', {
    ...rest,
    data: Object.fromEntries(all.filter(([, value]) => value !== undefined)),
  });
}

describe('an org that is registered', () => {
  test('needs no person, and its server and workers are listed', async () => {
    await registered();
    for (const [name, ready] of [
      ['w-1', 'True'],
      ['w-2', 'False'],
    ] as const)
      scene.cluster.put('pods', {
        metadata: { namespace: 'duckgres', name, labels: { 'duckgres/active-org': 'acme' } },
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] },
      });
    expect(await only()).toMatchObject({
      ...{ org: 'acme', verdict: 'registered', version: '0.12.2', workers: { running: 2, ready: 1 } },
      findings: [],
    });
  });

  test('is asked for in eight requests at most, beside what is listed for all, and nothing is written', async () => {
    await registered();
    const [writes, before, answered] = [
      scene.writes(),
      scene.cluster.requests.length,
      scene.lakekeeper.requests.length,
    ];
    // A standby answers, and cannot write.
    await postgres.restart({ isStandby: true });
    try {
      expect((await only()).verdict).toBe('registered');
    } finally {
      await postgres.restart();
    }
    expect(scene.writes()).toBe(writes);
    const toCluster = scene.cluster.requests.slice(before);
    expect(new Set(toCluster.map(({ verb }) => verb))).toEqual(new Set(['get', 'list']));
    const gets = toCluster.filter(({ verb }) => verb === 'get').length;
    // Its role's login and statement are the other two.
    expect(gets + scene.lakekeeper.requests.length - answered + 2).toBeLessThanOrEqual(8);
  });

  test('shows no credential anywhere', async () => {
    await registered();
    await sql(`ALTER ROLE lakekeeper_acme PASSWORD 'another-one'`);
    const text = JSON.stringify(await scene.status());
    for (const secret of [postgres.password, ...Object.values(scene.orgSecret() ?? {}).slice(1)])
      expect(text).not.toContain(secret);
  });
});

test('a new org waits for registration, and is not said to have drifted', async () => {
  await rendered(acme());
  await scene.apply();
  expect((await only()).verdict).toBe('waiting');
  expect(await said()).toBe(
    [
      'waiting: Secret: registration, which has to create the Secret',
      'waiting: metadata store: registration, which has to create the role lakekeeper_acme, create the database ' +
        'lakekeeper_acme, revoke the rights of PUBLIC on the database lakekeeper_acme, set the owner of the schema ' +
        'public lakekeeper_acme',
      'waiting: row: registration, which has to write the endpoint into the row',
    ].join('\n'),
  );
});

describe('drift that registration repairs is listed with the command, and is gone afterwards', () => {
  const drifts: Record<string, readonly [() => unknown, RegExp]> = {
    'a password': [
      () => sql(`ALTER ROLE lakekeeper_acme PASSWORD 'another-one'`),
      /metadata store.*set the role's password/,
    ],
    'a login that is off': [() => sql('ALTER ROLE lakekeeper_acme NOLOGIN'), /enable the login of the role/],
    'an owner': [
      () => sql('ALTER DATABASE lakekeeper_acme OWNER TO postgres'),
      /set the owner of the database lakekeeper_acme/,
    ],
    'rights of PUBLIC': [
      () => sql('GRANT CONNECT ON DATABASE lakekeeper_acme TO PUBLIC'),
      /revoke the rights of PUBLIC on the database/,
    ],
    'a key of the Secret': [
      () => patchSecret({ [secretKeys.oauthClientSecret]: undefined }),
      /Secret.*write keys of the Secret \(oauth2-client-secret\)/,
    ],
    'the storage credential': [
      () => scene.putSecret('ducklings', 'duckling-acme-s3', { id: 'the-key-id', secret: 'a-newer-key' }),
      /warehouse.*credential: changed at its source/,
    ],
    'a field of the storage': [
      () => {
        const [warehouse] = scene.lakekeeper.warehouses;
        if (warehouse) warehouse.profile = { ...warehouse.profile, 'sts-enabled': true };
      },
      /sts-enabled: true -> false/,
    ],
    'a warehouse that is inactive': [
      () => {
        const [warehouse] = scene.lakekeeper.warehouses;
        if (warehouse) warehouse.isActive = false;
      },
      /activate the Lakekeeper warehouse/,
    ],
    'a warehouse that is gone': [
      () => scene.lakekeeper.warehouses.splice(0),
      /create the Lakekeeper warehouse/,
    ],
    'an endpoint that is another': [
      () => {
        const record = scene.cluster.get('configmaps', 'lakekeeper', 'lakekeeper-acme-endpoint');
        if (record)
          scene.cluster.put('configmaps', {
            ...record,
            data: { ...(record.data as object), iceberg_lakekeeper_warehouse: 'org-other' },
          });
      },
      /row.*write iceberg_lakekeeper_warehouse of the row/,
    ],
  };

  test.each(Object.entries(drifts))('%s', async (_, [drift, words]) => {
    await registered();
    await drift();
    const one = await only();
    expect(one.verdict).toBe('drifted');
    expect(findingsOf(one)).toMatch(words);
    expect(one.findings[0]?.command).toBe('lakekeeper-gitops register --org acme');
    expect(await scene.register()).toBe('registered');
    expect(await said()).toBe('');
  });

  test('pods that run with a former password', async () => {
    await registered();
    patchSecret({ [secretKeys.password]: 'a-password-by-hand' });
    expect(await said()).toMatch(/drifted: .*: registration would .*replace pods: pods run with former/s);
    expect(await scene.register()).toBe('registered');
    expect(await said()).toBe('');
  });
});

describe('manifests and Argo CD', () => {
  test('manifests that are not committed are waited for; those that differ have drifted', async () => {
    await rendered(acme());
    await rm(join(scene.directory, 'dist/orgs'), { recursive: true });
    expect(await said()).toContain('waiting: manifests: its manifests, which are not committed');
    await registered();
    await scene.source(acme({ data_store_region: 'us-east-1' }));
    expect(await said()).toContain(
      'drifted: manifests: the committed manifests are not what row and settings say',
    );
  });

  test('without any manifests, nobody knows', async () => {
    await registered();
    const one = await only({ out: 'elsewhere' });
    expect(one.verdict).toBe('unknown');
    expect(findingsOf(one)).toBe(
      'unknown: manifests: there are no manifests in elsewhere; name the directory with --out',
    );
  });

  test('what Argo CD has not applied is waited for, and a resource that is gone has drifted', async () => {
    await registered();
    await rendered(acme({ data_store_region: 'us-east-1' }));
    expect(await said()).toContain(
      'waiting: Argo CD: Argo CD, which has not applied the last change of the manifests',
    );
    await scene.apply();
    scene.cluster.delete('lakekeepers', ...at);
    expect(await said()).toContain(
      'drifted: catalog: the Lakekeeper resource does not exist, but its manifests are applied',
    );
  });
});

describe('what a person has to decide is broken', () => {
  test('a lost key over data', async () => {
    await registered();
    scene.cluster.delete('secrets', ...at);
    const one = await only();
    expect(one.verdict).toBe('broken');
    expect(findingsOf(one)).toMatch(
      /^broken: Secret: there is no Secret lakekeeper\/lakekeeper-acme, but the database already/,
    );
  });

  test('a migration that failed, with the words of the operator', async () => {
    await registered();
    say(scene.catalog, [
      [
        'Degraded',
        'True',
        'MigrationFailed',
        'migration job lakekeeper-acme-migrate-1 failed after 3 attempts',
      ],
      [
        'Migrated',
        'False',
        'MigrationFailed',
        'migration job lakekeeper-acme-migrate-1 failed after 3 attempts',
      ],
      ['Ready', 'False', 'MigrationFailed', 'Database migration failed'],
    ]);
    const one = await only();
    expect(one.verdict).toBe('broken');
    expect(findingsOf(one)).toContain('failed after 3 attempts');
  });

  test('a catalog that wants a token though authentication is off', async () => {
    await registered();
    scene.lakekeeper.settings = { ...scene.lakekeeper.settings, tokens: ['a-token'] };
    expect(await said()).toMatch(
      /^broken: server: the catalog requires a token although authentication is off/,
    );
  });

  test('a warehouse that lies elsewhere', async () => {
    await registered();
    const [warehouse] = scene.lakekeeper.warehouses;
    if (warehouse) warehouse.profile = { ...warehouse.profile, bucket: 'another-bucket' };
    expect(await said()).toMatch(/^broken: warehouse: the Lakekeeper warehouse org-acme lies elsewhere/);
  });

  test('a database of somebody else', async () => {
    await registered();
    await sql('CREATE ROLE somebody');
    await sql('ALTER DATABASE lakekeeper_acme OWNER TO somebody');
    expect(await said()).toMatch(
      /broken: metadata store: expected the database lakekeeper_acme to be owned by lakekeeper_acme/,
    );
    await sql('ALTER DATABASE lakekeeper_acme OWNER TO postgres');
    await sql('DROP ROLE somebody');
  });

  test('a record that is rejected, and an org that failed for good', async () => {
    await rendered(acme(), orgRow(postgres, 'bad', { metadata_store_kind: 'unheard-of' }));
    await scene.apply();
    scene.cluster.put('configmaps', {
      metadata: {
        namespace: 'lakekeeper',
        name: 'lakekeeper-acme-endpoint',
        labels: { 'app.kubernetes.io/part-of': 'lakekeeper-gitops' },
      },
      data: { iceberg_state: 'failed', status_message: 'it cannot be' },
    });
    const { orgs } = await scene.status();
    expect(orgs.map(({ org, verdict }) => [org, verdict])).toEqual([
      ['acme', 'broken'],
      ['bad', 'broken'],
    ]);
    expect(orgs.map(findingsOf).join()).toMatch(
      /the last registration failed: it cannot be.*warehouses\[1\]\.metadata_store/s,
    );
  });
});

describe('what cannot be reached is unknown, never fine', () => {
  test('a catalog that does not answer', async () => {
    await registered();
    await scene.lakekeeper.stop();
    expect(await said()).toMatch(/^unknown: server: .*Lakekeeper did not answer/s);
  });

  test('a Postgres that does not answer', async () => {
    await registered();
    await rendered(acme({ metadata_store_port: 1 }));
    await scene.apply();
    const [one] = (await scene.status({ orgs: ['acme'] })).orgs;
    expect(one?.verdict).toBe('unknown');
    expect(findingsOf(one as OrgStatus)).toMatch(
      /unknown: metadata store: while connecting to 127\.0\.0\.1:1\/postgres/,
    );
  });

  test('an org that cannot be judged, and the others are', async () => {
    await registered();
    await rendered(acme(), orgRow(postgres, 'globex'));
    const serverURL = (org: string) => {
      if (org === 'globex') throw new RangeError('Invalid time value');
      return scene.lakekeeper.url;
    };
    const { orgs } = await scene.status({ serverURL });
    expect(orgs.map(({ org, verdict }) => [org, verdict])).toEqual([
      ['globex', 'unknown'],
      ['acme', 'registered'],
    ]);
    expect(findingsOf(orgs[0] as OrgStatus)).toMatch(/^unknown: .*Invalid time value/);
  });

  test.each(['lakekeepers', 'secrets', 'configmaps', 'jobs', 'deployments', 'pods'])(
    'a right to list %s that is missing',
    async (plural) => {
      await registered();
      scene.cluster.faults.push((request) =>
        request.plural === plural && request.verb === 'list' && request.namespace === 'lakekeeper'
          ? { code: 403, text: JSON.stringify({ message: `User "me" cannot list ${plural}` }) }
          : undefined,
      );
      const said = (await scene.status()).orgs.map(findingsOf).join();
      expect(said).toMatch(
        new RegExp(`unknown: .*: while listing ${plural} lakekeeper: the right to list ${plural}`),
      );
    },
  );
});

describe('an orphan', () => {
  test('custom resources, Secrets, databases and roles are found, but not those of a skipped org', async () => {
    await registered();
    await rendered(acme(), orgRow(postgres, 'off', { iceberg_enabled: false }));
    const labels = { 'app.kubernetes.io/part-of': 'lakekeeper-gitops' };
    const gone = { annotations: { 'lakekeeper-gitops/org': 'gone' }, labels, namespace: 'lakekeeper' };
    for (const plural of ['lakekeepers', 'secrets'])
      scene.cluster.put(plural, { metadata: { ...gone, name: 'lakekeeper-gone' } });
    scene.cluster.put('secrets', { metadata: { ...gone, name: 'lakekeeper-off' } });
    for (const name of ['lakekeeper_gone', 'lakekeeper_off']) {
      await sql(`CREATE ROLE ${name}`);
      await sql(`CREATE DATABASE ${name} OWNER ${name}`);
    }
    const { orgs, skipped } = await scene.status();
    for (const name of ['lakekeeper_gone', 'lakekeeper_off']) {
      await sql(`DROP DATABASE ${name}`);
      await sql(`DROP ROLE ${name}`);
    }
    const orphans = orgs.filter(({ verdict }) => verdict === 'orphan');
    expect(orphans.map(({ org, name }) => [org, name])).toEqual([
      ['gone', 'lakekeeper-gone'],
      [undefined, 'lakekeeper_gone'],
    ]);
    expect(orphans.map(findingsOf).join('\n')).toBe(
      [
        'orphan: catalog: no org owns the Lakekeeper resource lakekeeper/lakekeeper-gone',
        'orphan: Secret: no org owns the Secret lakekeeper/lakekeeper-gone',
        `orphan: metadata store: no org owns the database lakekeeper_gone on 127.0.0.1:${postgres.port}`,
        `orphan: metadata store: no org owns the role lakekeeper_gone on 127.0.0.1:${postgres.port}`,
      ].join('\n'),
    );
    expect(orgs.map(({ org }) => org)).not.toContain('off');
    expect(skipped).toBe(1);
    expect((await scene.status({ orgs: ['acme'] })).orgs).toHaveLength(1);
  });
});

describe('an org that leaves', () => {
  test('is retiring while its resource is deleted, and needs a person before where synth would hold back', async () => {
    await registered();
    await scene.source(acme({ state: 'deleted' }));
    const one = await only();
    expect([one.org, one.verdict]).toEqual(['acme', 'broken']);
    expect(findingsOf(one)).toBe(
      'broken: record: its row says that the org has no catalog, and synth changes nothing, because 1 of 1 committed ' +
        'orgs would leave at once, 1 of them because their rows are skipped now. Check the source; if the removal is ' +
        'intended, run synth with --allow-removal',
    );
    await rendered(acme({ state: 'deleted' }));
    expect(findingsOf(await only())).toBe(
      'retiring: record: its row says that the org has no catalog; it retires when Argo CD has pruned its ' +
        'resource, which a person confirms there',
    );
    await scene.source(acme({ state: 'deleted', iceberg_state: 'retired' }));
    const recorded = await only();
    expect([recorded.isRetired, findingsOf(recorded)]).toEqual([
      true,
      'retiring: record: it is retired; the next synth removes orgs/lakekeeper-acme',
    ]);
  });
});

test('deep: a server that can test its storage does, and failures are listed', async () => {
  await registered();
  expect((await only({ isDeep: true })).verdict).toBe('registered');
  scene.lakekeeper.settings = { ...scene.lakekeeper.settings, isMain: true };
  expect((await only({ isDeep: true })).verdict).toBe('registered');
  scene.lakekeeper.settings = { ...scene.lakekeeper.settings, objectStores: [] };
  const one = await only({ isDeep: true });
  expect(one.verdict).toBe('broken');
  expect(findingsOf(one)).toMatch(
    /^broken: storage: the server cannot use the storage of the warehouse org-acme: lakekeeper-read-write: /,
  );
  expect((await only()).verdict).toBe('registered');
});
