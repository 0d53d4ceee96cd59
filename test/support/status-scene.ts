import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import { readFleet } from '../../src/read-fleet.ts';
import { type FleetStatus, fleetStatus } from '../../src/status/fleet-status.ts';
import type { OrgStatus } from '../../src/status/verdict.ts';
import { synth } from '../../src/synth.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import type { EmbeddedPostgres } from './embedded-postgres.ts';
import { baseSettings, platform } from './fleet.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import type { StandInObject } from './kubernetes-stand-in.ts';
import { type RegistrationScene, startScene } from './registration-scene.ts';
import { runInProcess } from './run-in-process.ts';

/** The fleet around the org `acme`: its source, its manifests in a directory, and what Argo CD would apply of them. */
export interface StatusScene extends RegistrationScene {
  readonly directory: string;
  /** Sets the source. */
  source(...rows: readonly object[]): Promise<void>;
  /** Renders the source into `dist`. */
  render(): Promise<void>;
  /** What Argo CD does with what is rendered. */
  apply(): Promise<void>;
  /** Registers acme. @returns how it ended. */
  register(): Promise<string>;
  status(options?: StatusOptions): Promise<FleetStatus>;
  /** Flags that lead the program here. */
  readonly flags: readonly string[];
}

export interface StatusOptions {
  readonly orgs?: readonly string[];
  readonly isDeep?: boolean;
  readonly concurrency?: number;
  readonly out?: string;
  readonly serverURL?: (org: string) => string;
}

export const orgRow = ({ host, port }: EmbeddedPostgres, org_id: string, columns: object = {}): object => ({
  org_id,
  iceberg_enabled: true,
  state: 'ready',
  metadata_store_kind: 'external',
  metadata_store_endpoint: host,
  metadata_store_port: port,
  data_store_bucket_name: `bucket-${org_id}`,
  duckling_name: `duckling-${org_id}`,
  ...columns,
});

export async function startStatusScene(postgres: EmbeddedPostgres, directory: string): Promise<StatusScene> {
  const scene = await startScene(postgres);
  const { external } = baseSettings.metadataStores;
  const admin = { user: postgres.user, ...external.admin };
  const overrides = {
    metadataStores: { external: { ...external, sslMode: 'disable', admin } },
    registration: { record: { configMap: true } },
  } as const;
  const settings = platform(overrides);
  const out = join(directory, 'dist');
  let rows: readonly object[] = [];
  const inputs = () => ({
    platform: settings,
    records: rows.map((columns, i) => ({ at: `warehouses[${i}]`, columns })),
    ducklings: new Map(),
  });
  await writeFiles(directory, scene.cluster.server, {
    ...baseSettings,
    ...overrides,
    registration: { ...baseSettings.registration, ...overrides.registration },
  });
  return {
    ...scene,
    directory,
    flags: [
      '--kubeconfig',
      'kubeconfig',
      '--warehouses',
      'warehouses.json',
      '--server-url',
      scene.lakekeeper.url,
    ],
    source: async (...warehouses) => {
      rows = warehouses;
      await writeFile(join(directory, 'warehouses.json'), JSON.stringify({ warehouses }));
    },
    render: async () => {
      await synth({ ...inputs(), out, check: false, allowRemoval: true });
    },
    apply: async () => {
      for (const org of await readdir(join(out, 'orgs'))) {
        for (const file of ['catalog.yaml', 'registration.yaml']) {
          const text = await readFile(join(out, 'orgs', org, file), 'utf8');
          for (const document of parseAllDocuments(text)) applyTo(scene, document.toJS() as StandInObject);
        }
      }
    },
    register: async () => {
      const { catalogs } = await readFleet(inputs());
      const acme = catalogs.find(({ org }) => org === 'acme');
      if (acme === undefined) throw new Error('acme has no catalog');
      const urls = { kubernetes: scene.cluster.server, lakekeeper: scene.lakekeeper.url };
      const { result, detail } = await runInProcess(
        { inputs: registrationInputs(acme, settings), urls } as Parameters<typeof runInProcess>[0],
        { wait: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))) },
      );
      return result === 'failed' ? detail : result;
    },
    status: async ({ orgs, isDeep = false, concurrency = 4, out: elsewhere = out, serverURL } = {}) =>
      fleetStatus({
        ...inputs(),
        committed: await readWorkTree(elsewhere),
        cluster: { kubeconfig: join(directory, 'kubeconfig') },
        environment: {},
        orgs,
        concurrency,
        isDeep,
        timeoutMs: 10_000,
        serverURL: ({ org }) => serverURL?.(org) ?? scene.lakekeeper.url,
        tokenFile: undefined,
        signal: new AbortController().signal,
      }),
  };
}

/** The resource of acme is there already, with an operator that acts on it. */
function applyTo({ cluster }: RegistrationScene, object: StandInObject): void {
  const { namespace = '', name } = object.metadata;
  if (object.kind === 'ConfigMap') cluster.put('configmaps', object);
  if (object.kind === 'Lakekeeper' && cluster.get('lakekeepers', namespace, name) === undefined)
    cluster.put('lakekeepers', object);
}

async function writeFiles(directory: string, server: string, settings: object): Promise<void> {
  await writeFile(join(directory, 'platform.yaml'), JSON.stringify(settings));
  await writeFile(join(directory, 'kubeconfig'), kubeconfigOf(server));
}

/** What is said of an org, a line for each finding. */
export function findingsOf({ findings }: Pick<OrgStatus, 'findings'>): string {
  return findings.map(({ verdict, subject, what }) => `${verdict}: ${subject}: ${what}`).join('\n');
}
