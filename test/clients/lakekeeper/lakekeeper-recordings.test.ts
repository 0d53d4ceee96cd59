import { afterAll, describe, expect, test } from 'vitest';
import { lakekeeperRecordings, recordedSequence } from '../../contracts/lakekeeper-recordings.ts';
import { type Difference, replayExchanges, replaySequence } from '../../contracts/lakekeeper-replay.ts';
import { when } from '../../contracts/when.ts';
import {
  type LakekeeperStandIn,
  type StandInSettings,
  startLakekeeper,
} from '../../support/lakekeeper-stand-in.ts';
import type { ObjectStore } from '../../support/object-store-stand-in.ts';

const moto: ObjectStore = {
  endpoint: 'http://127.0.0.1:56001',
  buckets: ['contract-bucket', 'other-bucket', 'lake-duckling-rot', 'lake-duckling-acme'],
};

/** A recording, and the server that it was made of. */
interface Scene {
  readonly settings: StandInSettings;
  /** What was done to the server before an exchange. */
  readonly before?: Readonly<Record<string, (server: LakekeeperStandIn) => void>>;
  /** The warehouse that an exchange before the recording had made. */
  readonly warehouse?: {
    readonly id: string;
    readonly name: string;
    readonly bucket: string;
    readonly prefix: string;
  };
}

const bootstrapped: StandInSettings = { isBootstrapped: true, objectStores: [moto] };
const tokens = ['good-token', 'boss-token', 'worker-token'];
const signed: ObjectStore = {
  endpoint: 'http://127.0.0.1:56003',
  buckets: ['auth-bucket'],
  secrets: { KEYID: 'SECRET', 'KEYID-RO': 'SECRET' },
  readers: ['KEYID-RO'],
};
const encrypted = (tls: boolean): ObjectStore => ({
  endpoint: 'https://127.0.0.1:56002',
  buckets: ['tls-bucket'],
  isTrusted: tls,
});

const scenes: Readonly<Record<string, Scene>> = {
  warehouses: { settings: { objectStores: [moto] } },
  'kubernetes-tokens': {
    settings: { ...bootstrapped, tokens },
  },
  'openid-tokens': { settings: { ...bootstrapped, tokens } },
  'store-refusals': { settings: { ...bootstrapped, objectStores: [signed] } },
  'store-certificates': {
    settings: { ...bootstrapped, objectStores: [encrypted(false)] },
    before: {
      'tls-56127': (server) => {
        server.settings = { ...server.settings, objectStores: [encrypted(true)] };
      },
      'tls-56128': (server) => {
        server.warehouses.length = 0;
      },
    },
  },
  'encryption-key': {
    settings: {
      ...bootstrapped,
      encryptionKey: 'first',
      baseURI: 'http://lakekeeper-rot.lakekeeper.svc:8181',
    },
    warehouse: {
      id: 'f2725060-ec64-11f1-ade2-23ff5e5d105a',
      name: 'org-rot',
      bucket: 'lake-duckling-rot',
      prefix: 'lakekeeper/rot',
    },
    before: {
      'c3-old-password-list': (server) => {
        server.settings = { ...server.settings, database: 'lost' };
      },
      // It asks its database now and then.
      'c3-old-password-health': (server) => {
        const { database: _, ...settings } = server.settings;
        server.settings = settings;
      },
      'c3-old-password-health2': (server) => {
        server.settings = { ...server.settings, database: 'lost' };
      },
      'c3-key-before-restart': (server) => {
        const { database: _, ...settings } = server.settings;
        server.settings = settings;
      },
      'c3-key-after-restart-list': (server) => {
        server.settings = { ...server.settings, encryptionKey: 'second' };
      },
      'c3-key-after-repair-list': (server) => {
        for (const warehouse of server.warehouses) warehouse.encryptionKey = 'second';
      },
    },
  },
  'no-default-project': { settings: { objectStores: [moto], hasDefaultProject: false } },
  'system-identities': { settings: { objectStores: [moto], systemIdentities: ['aws', 'azure', 'gcp'] } },
  'instance-admins': { settings: { objectStores: [moto], tokens, instanceAdmins: ['boss-token'] } },
  'short-term-credentials': {
    settings: bootstrapped,
    warehouse: {
      id: '039f5f78-ec64-11f1-a30a-cf038cc2edfe',
      name: 'org-acme',
      bucket: 'lake-duckling-acme',
      prefix: 'lakekeeper/acme',
    },
  },
  projects: { settings: bootstrapped },
};

const noTables = 'the stand-in has neither namespaces nor tables: registration asks for none';
/** Where the stand-in answers otherwise, and why that is meant. */
const meant: Readonly<Record<string, string>> = {
  'c3-key-after-restart-tables': noTables,
  'c3-key-after-restart-create-table': noTables,
  'c3-key-after-repair-table': noTables,
  'ia-worker-namespace': noTables,
  'endpoint-search': noTables,
  'storage-sts-on-moto': 'the message quotes a whole HTTP answer of the store; status and type are the same',
};

const servers: LakekeeperStandIn[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));
async function start(settings: StandInSettings): Promise<LakekeeperStandIn> {
  const server = await startLakekeeper({ version: '0.13.3', ...settings });
  servers.push(server);
  return server;
}

describe('the stand-in answers as the real server was recorded to answer', () => {
  test.each(Object.entries(lakekeeperRecordings()))('%s', async (name, { exchanges }) => {
    const { settings, before, warehouse } = scenes[name] ?? { settings: bootstrapped };
    const server = await start(settings);
    if (warehouse !== undefined) server.warehouses.push(stored(warehouse, settings));
    const found = await replayExchanges(server.url, exchanges, (exchange) => before?.[exchange]?.(server));
    expect(found.filter((one) => meant[one.name] === undefined)).toEqual([]);
  });

  test('and to the sequence of 82 requests', async () => {
    const server = await start({ objectStores: [moto] });
    const steps = recordedSequence();
    expect(steps).toHaveLength(82);
    expect(await replaySequence(server.url, steps)).toEqual([]);
  });

  test('a difference that is meant is one', () => {
    const names = Object.values(lakekeeperRecordings()).flatMap(({ exchanges }) =>
      exchanges.map(({ name }) => name),
    );
    expect(names).toEqual(expect.arrayContaining(Object.keys(meant)));
    expect(Object.keys(lakekeeperRecordings()).sort()).toEqual(Object.keys(scenes).sort());
  });
});

/**
 * LAKEKEEPER_URL sends the sequence, or by LAKEKEEPER_RECORDING the exchanges of one recording, to a real server,
 * which has to be in the state that the recording's `about` says, and prints what it answers otherwise.
 */
const { LAKEKEEPER_URL: url, LAKEKEEPER_RECORDING: recording } = process.env;
when(Boolean(url))(`the server at ${url} answers as the recorded one did`, { timeout: 300_000 }, async () => {
  const exchanges = lakekeeperRecordings()[recording ?? '']?.exchanges;
  const found = exchanges
    ? await replayExchanges(url ?? '', exchanges)
    : await replaySequence(url ?? '', recordedSequence());
  process.stdout.write(
    `${found.map(({ name, differences }) => `${name}: ${differences.join('; ')}\n`).join('')}`,
  );
  expect(found).toEqual([]);
});

test('a server that answers otherwise is found out', async () => {
  const server = await start({ version: '0.12.2', objectStores: [moto] });
  const found: Difference[] = await replaySequence(server.url, recordedSequence());
  expect(found.map(({ name }) => name)).toContain('create');
});

function stored(
  { id, name, bucket, prefix }: NonNullable<Scene['warehouse']>,
  { encryptionKey }: StandInSettings,
) {
  return {
    id,
    name,
    isActive: true,
    profile: {
      type: 's3',
      bucket,
      'key-prefix': prefix,
      endpoint: 'http://127.0.0.1:56001/',
      region: 'local-01',
      'path-style-access': true,
      flavor: 's3-compat',
      'sts-enabled': false,
      'remote-signing-enabled': false,
    },
    credential: { type: 's3', 'credential-type': 'access-key', 'aws-access-key-id': 'test' },
    updatedAt: '2026-11-30T02:23:49.322318Z',
    encryptionKey,
  };
}
