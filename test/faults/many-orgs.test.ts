import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import { kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { register } from '../../src/registration/register.ts';
import type { Row } from '../../src/registration/row/row.ts';
import { createLog } from '../../src/text/log.ts';
import { Redactions } from '../../src/text/redactions.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { catalog, platform } from '../support/fleet.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../support/kubernetes-stand-in.ts';
import { type LakekeeperStandIn, startLakekeeper } from '../support/lakekeeper-stand-in.ts';
import { operate, type SimulatedCatalog, saySecretMissing } from '../support/operate.ts';

const orgs = Array.from({ length: 300 }, (_, i) => `o${i + 1}`);
/** A burst of Jobs, and how long until the next one. */
const burst = { size: 20, everyMs: 3000 };

let postgres: EmbeddedPostgres;
let cluster: KubernetesStandIn;
const lakekeepers: LakekeeperStandIn[] = [];
beforeAll(async () => {
  postgres = await startPostgres({ settings: { max_connections: '50' } });
  cluster = await startKubernetesStandIn(['lakekeeper', 'ducklings']);
});
afterAll(async () => {
  await Promise.all(lakekeepers.map((lakekeeper) => lakekeeper.stop()));
  await cluster[Symbol.asyncDispose]();
  await postgres.stop();
});

const row: Row = {
  reasonToStop: async () => undefined,
  recorded: async () => undefined,
  isUpToDate: async () => true,
  differences: async () => [],
  recordSuccess: async () => 'updated',
  recordFailure: async () => 'updated',
};

test('three hundred new orgs at once on a server with fifty connections: all end registered', async () => {
  const { host, port } = postgres;
  const password = { secret: { namespace: 'ducklings', name: 'duckling-{org}-postgres', key: 'password' } };
  const external = { provisioning: 'admin', host, port, sslMode: 'disable', admin: { password } } as const;
  const settings = platform({ metadataStores: { external } });

  const one = async (org: string): Promise<string> => {
    const inputs = registrationInputs(
      catalog(org, settings, { metadata_store_endpoint: host, metadata_store_port: port }),
      settings,
    );
    const { namespace, name } = inputs.catalog;
    const lakekeeper = await startLakekeeper({ version: '0.12.2', baseURI: inputs.catalog.serverURL });
    lakekeepers.push(lakekeeper);
    for (const [of, values] of Object.entries({
      postgres: { password: postgres.password },
      s3: { id: 'the-key-id', secret: 'the-secret-key' },
    })) {
      const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
      cluster.put('secrets', {
        metadata: { namespace: 'ducklings', name: `duckling-${org}-${of}` },
        data: Object.fromEntries(data),
      });
    }
    cluster.put('lakekeepers', {
      apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1',
      metadata: { namespace, name },
      spec: { replicas: 1 },
    });
    const simulated: SimulatedCatalog = {
      cluster,
      lakekeeper,
      namespace,
      name,
      connect: async (user, secret) => {
        const { database } = inputs.metadataStore;
        const client = new pg.Client({ host, port, user, password: secret, database });
        await client.connect();
        return client;
      },
    };
    saySecretMissing(simulated);
    let operator: Promise<void> = Promise.resolve();
    // Its migration needs a connection too, and is tried again until it has one.
    cluster.faults.push(({ verb, plural, name: patched }) => {
      if (verb === 'patch' && plural === 'lakekeepers' && patched === name)
        operator = operator.then(async () => {
          for (let isDone = false; !isDone; ) {
            isDone = await operate(simulated).then(
              () => true,
              () => false,
            );
            if (!isDone) await sleep(1000);
          }
        });
      return undefined;
    });
    const connection = {
      server: cluster.server,
      options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
    };
    const signal = AbortSignal.timeout(600_000);
    const redactions = new Redactions();
    const ended = await register(
      {
        inputs,
        sources: { kubernetes: kubernetesClient(connection, { signal }), environment: {}, redactions },
        row,
        onAction: () => {},
        log: createLog({ format: 'json', write: () => {}, redactions }),
        signal,
        token: async () => undefined,
        serverURL: lakekeeper.url,
        acceptNewEncryptionKey: false,
      },
      'proof',
    );
    return ended.outcome;
  };

  const runs: Promise<string>[] = [];
  for (const [index, org] of orgs.entries()) {
    if (index > 0 && index % burst.size === 0) await sleep(burst.everyMs);
    runs.push(one(org).catch((error: unknown) => `${org}: ${error}`));
  }
  const outcomes = await Promise.all(runs);
  expect(outcomes.filter((outcome) => outcome !== 'registered')).toEqual([]);
});
