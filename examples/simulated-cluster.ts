import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { parseAllDocuments } from 'yaml';
import { decode, type RegistrationInputs } from '../src/catalog/registration-inputs.ts';
import { neededExtensions } from '../src/registration/metadata-store/metadata-store.ts';
import type { EmbeddedPostgres } from '../test/support/embedded-postgres.ts';
import {
  type KubernetesStandIn,
  type StandInObject,
  startKubernetesStandIn,
} from '../test/support/kubernetes-stand-in.ts';
import { type LakekeeperStandIn, startLakekeeper } from '../test/support/lakekeeper-stand-in.ts';
import { operate, type SimulatedCatalog, saySecretMissing } from '../test/support/operate.ts';
import { replaceEvicted } from '../test/support/roll-out.ts';

/**
 * What the demo has in place of a cluster, in the open: the tests' stand-ins for the Kubernetes API and for each
 * org's Lakekeeper, and an operator that migrates with what the org's Secret says. Not simulated are Postgres, the
 * manifests, and all that registration does.
 */
export interface SimulatedCluster {
  /** As text. */
  readonly kubeconfig: string;
  /** Where the catalogs are from here; `{name}` is to be filled in. */
  readonly serverURL: string;
  /** What answers, for who counts the requests. */
  readonly servers: { readonly kubernetes: Server; readonly lakekeeper: Server };
  stop(): Promise<void>;
}

/**
 * "Applies" the rendered orgs of a directory, and provides what a platform has before: Secrets, and databases that
 * are not the Job's to make.
 *
 * @param token that the catalogs with authentication accept.
 */
export async function startSimulatedCluster(
  manifests: string,
  postgres: EmbeddedPostgres,
  token: string,
): Promise<SimulatedCluster> {
  const cluster = await startKubernetesStandIn(['lakekeeper', 'ducklings']);
  replaceEvicted(cluster);
  const lakekeepers = new Map<string, LakekeeperStandIn>();
  const catalogs = new Map<string, SimulatedCatalog>();
  let operator: Promise<void> = Promise.resolve();
  cluster.faults.push(({ verb, plural, name = '' }) => {
    const changed = verb === 'patch' && plural === 'lakekeepers' ? catalogs.get(name) : undefined;
    if (changed !== undefined) operator = operator.then(() => operate(changed));
    return undefined;
  });
  for (const name of await readdir(join(manifests, 'orgs'))) {
    const { inputs, objects } = await readOrg(join(manifests, 'orgs', name));
    for (const object of objects) {
      const plural = applied[object.kind];
      if (plural !== undefined) cluster.put(plural, object);
    }
    await provide(inputs, cluster, postgres);
    const lakekeeper = await startLakekeeper({
      version: '0.12.2',
      systemIdentities: ['aws'],
      baseURI: inputs.catalog.serverURL,
      ...(inputs.authentication.mode === 'none' ? {} : { tokens: [token] }),
    });
    lakekeepers.set(name, lakekeeper);
    const { namespace } = inputs.catalog;
    const connect = (user: string, password: string) =>
      connectTo(postgres, { user, password, database: inputs.metadataStore.database });
    const catalog = { cluster, lakekeeper, namespace, name, connect, extensions: neededExtensions };
    // What it says of a new resource, until it is told that its Secret is there.
    saySecretMissing(catalog);
    catalogs.set(name, catalog);
  }
  const gateway = await startGateway(lakekeepers);
  return {
    kubeconfig: kubeconfigOf(cluster.server),
    serverURL: `${gateway.url}/{name}`,
    servers: { kubernetes: cluster.http, lakekeeper: gateway.server },
    stop: async () => {
      await operator;
      await Promise.all([cluster[Symbol.asyncDispose](), gateway.stop()]);
      await Promise.all([...lakekeepers.values()].map((lakekeeper) => lakekeeper.stop()));
    },
  };
}

/** What is applied of an org, and the stand-in's name of that kind. */
const applied: Readonly<Record<string, string>> = {
  Lakekeeper: 'lakekeepers',
  ServiceAccount: 'serviceaccounts',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ConfigMap: 'configmaps',
};

type Applied = StandInObject & { readonly kind: string };

async function readOrg(directory: string): Promise<{ inputs: RegistrationInputs; objects: Applied[] }> {
  const texts = await Promise.all(
    ['catalog.yaml', 'registration.yaml'].map((file) => readFile(join(directory, file), 'utf8')),
  );
  const objects = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));
  const { data } = objects.find(({ kind, data }) => kind === 'ConfigMap' && data['inputs.json']);
  return { objects, inputs: decode(data['inputs.json']) };
}

/**
 * Secrets under the names that the platform's settings give, and databases and roles that registration does not make.
 */
async function provide(
  { metadataStore, lakekeeperWarehouse, record }: RegistrationInputs,
  cluster: KubernetesStandIn,
  postgres: EmbeddedPostgres,
): Promise<void> {
  const put = (reference: unknown, value: string) => {
    const { namespace, name, key } = reference as { namespace: string; name: string; key: string };
    const data = (cluster.get('secrets', namespace, name)?.data ?? {}) as Record<string, string>;
    const metadata = { namespace, name };
    cluster.put('secrets', { metadata, data: { ...data, [key]: Buffer.from(value).toString('base64') } });
  };
  const { credential } = lakekeeperWarehouse.dataStore;
  if (credential.type === 'accessKey') {
    put(credential.accessKeyId, 'demo-access-key');
    put(credential.secretAccessKey, 'demo-secret-access-key');
  }
  if ('warehouseDatabase' in record.target) put(record.target.warehouseDatabase.url, postgres.url);
  if (metadataStore.provisioning === 'admin') {
    if ('secret' in metadataStore.admin.password) put(metadataStore.admin.password.secret, postgres.password);
    return;
  }
  const password = `provided-for-${metadataStore.user}`;
  if ('secret' in metadataStore.password) put(metadataStore.password.secret, password);
  const admin = await connectTo(postgres, postgres);
  const { escapeIdentifier: id, escapeLiteral: literal } = pg;
  await admin.query(`CREATE ROLE ${id(metadataStore.user)} LOGIN PASSWORD ${literal(password)}`);
  await admin.query(`CREATE DATABASE ${id(metadataStore.database)} OWNER ${id(metadataStore.user)}`);
  await admin.end();
}

async function connectTo(
  { host, port }: EmbeddedPostgres,
  login: { readonly user: string; readonly password: string; readonly database: string },
): Promise<pg.Client> {
  const { user, password, database } = login;
  const client = new pg.Client({ host, port, user, password, database });
  await client.connect();
  return client;
}

/** One address for all catalogs: `/<name>/…` leads to the one of that name. */
async function startGateway(lakekeepers: ReadonlyMap<string, LakekeeperStandIn>) {
  const server = createServer((message: IncomingMessage, response: ServerResponse) => {
    const [, name = '', rest = '/'] = /^\/([^/]*)(\/.*)?$/.exec(message.url ?? '') ?? [];
    message.url = rest;
    const lakekeeper = lakekeepers.get(name);
    if (lakekeeper === undefined) response.writeHead(404).end();
    else lakekeeper.http.emit('request', message, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function kubeconfigOf(server: string): string {
  const name = 'simulated';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: { token: 'admin-token' } }],
  });
}
