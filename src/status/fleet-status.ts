import { setMaxListeners } from 'node:events';
import pMap from 'p-map';
import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { kubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import {
  type ConnectionChoice,
  connectKubernetes,
  type KubernetesConnection,
} from '../clients/kubernetes/kubernetes-connection.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { type FleetInputs, readFleet } from '../read-fleet.ts';
import { tokenSource } from '../registration/catalog/catalog-token.ts';
import type { CredentialSources } from '../registration/resolve-credential.ts';
import type { ShowProgress } from '../text/progress.ts';
import { Redactions } from '../text/redactions.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import type { FleetObservation, ObservedOrg } from './fleet-observation.ts';
import { judgeOrg } from './judge.ts';
import { type KnownOrgs, knownOrgs } from './known-orgs.ts';
import { type FleetPlaces, observeCluster } from './observe-cluster.ts';
import { observeOrg } from './observe-org.ts';
import { observeTable, type Records, tableKey } from './observe-rows.ts';
import { observeStoreServer, serverKey } from './observe-stores.ts';
import { observe } from './observed.ts';
import { findOrphans } from './orphans.ts';
import { withRetirement } from './retirements.ts';
import { unknownFinding } from './situation.ts';
import { byVerdict, type OrgStatus } from './verdict.ts';

/** Inputs of the status of a fleet. */
export interface FleetStatusInputs extends FleetInputs {
  readonly committed: CommittedFiles;
  readonly cluster: ConnectionChoice;
  readonly environment: NodeJS.ProcessEnv;
  /** Org ids; undefined for all orgs and for orphans. */
  readonly orgs: readonly string[] | undefined;
  readonly concurrency: number;
  readonly isDeep: boolean;
  readonly timeoutMs: number;
  /** URL of a catalog's server. */
  readonly serverURL: (inputs: RegistrationInputs) => string | undefined;
  readonly tokenFile: string | undefined;
  readonly signal: AbortSignal;
}

export interface FleetStatus {
  /** The worst first. */
  readonly orgs: readonly OrgStatus[];
  /** Number of orgs that have no catalog by their rows. */
  readonly skipped: number;
}

interface Connected extends FleetStatusInputs {
  readonly connection: KubernetesConnection;
}

/**
 * Observes the orgs and judges them. Reads only.
 *
 * @throws UsageError if no cluster is configured, or the source lacks one of the orgs.
 */
export async function fleetStatus(
  settings: FleetStatusInputs,
  show: ShowProgress = () => undefined,
): Promise<FleetStatus> {
  // Every request that is under way listens to it. Node warns of more than ten.
  setMaxListeners(0, settings.signal);
  const inputs = { ...settings, connection: await connectKubernetes(settings.cluster) };
  const { platform, committed, concurrency } = inputs;
  const known = await knownOrgs(await readFleet(inputs, show), platform, committed, inputs.orgs);
  const fleet = await observeFleet(known, inputs);
  let done = 0;
  const judged = await pMap(
    known.orgs,
    async (org) => {
      const status = await statusOf(org, fleet, inputs);
      done += 1;
      show({ doing: 'checking', done, total: known.orgs.length, rejected: 0 });
      return status;
    },
    { concurrency },
  );
  const orphans = inputs.orgs === undefined ? findOrphans(fleet, known) : [];
  return {
    orgs: [...judged, ...known.others.map((one) => withRetirement(one, fleet)), ...orphans].sort(byVerdict),
    skipped: known.skipped,
  };
}

/** Each org has its own redactions, so that secrets do not stay in memory after its verdict. Never throws. */
async function statusOf(org: ObservedOrg, fleet: FleetObservation, inputs: Connected): Promise<OrgStatus> {
  const sources = sourcesOf(inputs);
  const { signal, tokenFile, serverURL, timeoutMs, isDeep } = inputs;
  const judged = await observe(async () => {
    const token = tokenSource(org.inputs, sources, tokenFile, signal);
    const ports = { sources, signal, token, serverURL: serverURL(org.inputs), timeoutMs, isDeep };
    return judgeOrg(await observeOrg(org, fleet, ports));
  });
  // One org, of which something is as nobody expected, must not hide the others.
  const status = 'value' in judged ? judged.value : unjudged(org.inputs, judged.unknown);
  const findings = status.findings.map((one) => ({ ...one, what: sources.redactions.apply(one.what) }));
  return { ...status, findings };
}

function unjudged({ org, catalog: { name, namespace } }: RegistrationInputs, why: string): OrgStatus {
  const findings = unknownFinding('registration', `its state could not be judged: ${why}`);
  return { org, name, namespace, verdict: 'unknown', findings };
}

function sourcesOf({ connection, environment, signal }: Connected): CredentialSources {
  const kubernetes = kubernetesClient(connection, { signal, attempts: 3 });
  return { kubernetes, environment, redactions: new Redactions(), secrets: new Map() };
}

async function observeFleet({ orgs, retiring }: KnownOrgs, inputs: Connected): Promise<FleetObservation> {
  const { signal, concurrency } = inputs;
  const { kubernetes } = sourcesOf(inputs);
  const all = orgs.map((org) => org.inputs);
  const servers = groupedBy(all, ({ metadataStore }) =>
    metadataStore.provisioning === 'admin' ? serverKey(metadataStore) : undefined,
  );
  const tables = groupedBy([...all, ...retiring], ({ record: { target } }) => tableKey(target));
  const [cluster, stores, rows] = await Promise.all([
    observeCluster(kubernetes, placesOf(orgs, inputs.platform)),
    pMap(
      servers,
      async ([key, its]) => [key, await observeStoreServer(its, sourcesOf(inputs), signal)] as const,
      { concurrency },
    ),
    pMap(tables, async ([key, [first]]) => [key, await recordsIn(first, inputs)] as const, { concurrency }),
  ]);
  return { cluster, stores: new Map(stores), tables: new Map(rows) };
}

/** The registrations in the table of an org's row, or in the resources beside its own. */
async function recordsIn(org: RegistrationInputs | undefined, inputs: Connected): Promise<Records> {
  const target = org?.record.target;
  if (target === undefined || 'configMap' in target) return { value: new Map() };
  return observeTable(target, sourcesOf(inputs), inputs.signal);
}

function placesOf(orgs: readonly ObservedOrg[], platform: Platform): FleetPlaces {
  const workerNamespaces = new Set(orgs.map(({ workers }) => workers.namespace));
  const [only] = workerNamespaces;
  return {
    namespace: platform.tenancy === 'sharedNamespace' ? platform.namespace : undefined,
    workerNamespace: workerNamespaces.size === 1 ? only : undefined,
    workerKeys: Object.keys(platform.workers.podSelector),
  };
}

function groupedBy<T>(all: readonly T[], keyOf: (one: T) => string | undefined): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    if (key === undefined) continue;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one]);
    else known.push(one);
  }
  return [...groups];
}
