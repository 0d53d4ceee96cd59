import pg from 'pg';
import { type RegistrationInputs, registrationInputs } from '../../src/catalog/registration-inputs.ts';
import type { EmbeddedPostgres } from './embedded-postgres.ts';
import { catalog, platform, type SettingsOverrides } from './fleet.ts';
import { type KubernetesStandIn, type StandInObject, startKubernetesStandIn } from './kubernetes-stand-in.ts';
import { type LakekeeperStandIn, startLakekeeper } from './lakekeeper-stand-in.ts';
import { operate, type SimulatedCatalog, saySecretMissing } from './operate.ts';
import { replaceEvicted } from './roll-out.ts';

/**
 * All that the registration of the org `acme` meets: a real Postgres for metadata store and warehouse rows, stand-ins
 * for cluster and Lakekeeper, and an operator that acts when its resource is changed by a request.
 */
export interface RegistrationScene {
  readonly cluster: KubernetesStandIn;
  readonly lakekeeper: LakekeeperStandIn;
  readonly catalog: SimulatedCatalog;
  /** What synth would give the Job. */
  inputs(settings?: SettingsOverrides): RegistrationInputs;
  /** The org's Secret, in clear; undefined when there is none. */
  orgSecret(): Record<string, string> | undefined;
  putSecret(namespace: string, name: string, data: Readonly<Record<string, string>>): void;
  connect(user: string, password: string, database: string): Promise<pg.Client>;
  /** Requests that change something, in cluster and catalog. */
  writes(): number;
  end(): Promise<void>;
}

const admin = {
  password: { secret: { namespace: 'ducklings', name: 'duckling-acme-postgres', key: 'password' } },
};

/** The superuser's way to a server. */
export type ScenePostgres = Pick<
  EmbeddedPostgres,
  'url' | 'host' | 'port' | 'user' | 'password' | 'database'
>;

export async function startScene(postgres: ScenePostgres): Promise<RegistrationScene> {
  const cluster = await startKubernetesStandIn(['lakekeeper', 'ducklings', 'duckgres']);
  const lakekeeper = await startLakekeeper({
    version: '0.12.2',
    baseURI: 'http://lakekeeper-acme.lakekeeper.svc:8181',
  });
  const { host, port, user } = postgres;

  const putSecret: RegistrationScene['putSecret'] = (namespace, name, data) => {
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    cluster.put('secrets', { metadata: { namespace, name }, data: Object.fromEntries(encoded) });
  };
  const orgSecret = () => {
    const found = cluster.get('secrets', 'lakekeeper', 'lakekeeper-acme') as
      | (StandInObject & { data: Record<string, string> })
      | undefined;
    return (
      found &&
      Object.fromEntries(
        Object.entries(found.data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      )
    );
  };
  const connect: RegistrationScene['connect'] = async (login, password, database) => {
    const client = new pg.Client({ host, port, user: login, password, database });
    await client.connect();
    return client;
  };
  putSecret('ducklings', 'duckling-acme-postgres', { password: postgres.password });
  putSecret('ducklings', 'duckling-acme-s3', { id: 'the-key-id', secret: 'the-secret-key' });
  putSecret('duckgres', 'warehouse-database', { url: postgres.url });
  cluster.put('lakekeepers', {
    apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1',
    metadata: { namespace: 'lakekeeper', name: 'lakekeeper-acme' },
    spec: { replicas: 2 },
  });
  const acme: SimulatedCatalog = {
    cluster,
    lakekeeper,
    namespace: 'lakekeeper',
    name: 'lakekeeper-acme',
    image: registrationInputs(catalog('acme', platform()), platform()).catalog.image,
    connect: (login, password) => connect(login, password, 'lakekeeper_acme'),
  };
  saySecretMissing(acme);
  replaceEvicted(acme.cluster);
  let operator: Promise<void> = Promise.resolve();
  cluster.faults.push(({ verb, plural }) => {
    if (verb === 'patch' && plural === 'lakekeepers')
      operator = operator.then(() => persistently(() => operate(acme)));
    return undefined;
  });

  return {
    cluster,
    lakekeeper,
    catalog: acme,
    inputs: (overrides = {}) => {
      const external = {
        provisioning: 'admin',
        host,
        port,
        sslMode: 'disable',
        admin: { user, ...admin },
      } as const;
      const settings = platform({ metadataStores: { external }, ...overrides });
      return registrationInputs(
        catalog('acme', settings, { metadata_store_endpoint: host, metadata_store_port: port }),
        settings,
      );
    },
    orgSecret,
    putSecret,
    connect,
    writes: () =>
      cluster.requests.filter(({ verb }) => ['create', 'patch', 'delete'].includes(verb)).length +
      lakekeeper.writes().length,
    end: async () => {
      await operator;
      await cluster[Symbol.asyncDispose]();
      await lakekeeper.stop();
      const client = await connect(user, postgres.password, postgres.database);
      await client.query('DROP DATABASE IF EXISTS lakekeeper_acme WITH (FORCE)');
      await client.query('DROP ROLE IF EXISTS lakekeeper_acme');
      await client.end();
    },
  };
}

/** As the real operator does, whose database may restart as well. */
async function persistently(work: () => Promise<void>): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await work();
    } catch (error) {
      if (attempts === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
