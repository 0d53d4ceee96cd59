import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { ObservedCatalog } from '../registration/catalog/roll-out/observe.ts';
import type { ConfigMapObject } from '../registration/objects/configmap-objects.ts';
import type { JobObject } from '../registration/objects/operator-objects.ts';
import { readSecret, type SecretObject } from '../registration/objects/secret-objects.ts';
import type { ObservedStartValues } from '../registration/secret/observe.ts';
import { type FleetObservation, type ObservedOrg, recordsOf } from './fleet-observation.ts';
import type { Comparison, OrgObservation, Workers } from './observation.ts';
import { observeCatalogServer } from './observe-catalog-server.ts';
import { workersKey } from './observe-cluster.ts';
import { observeMetadataStore } from './observe-metadata-store.ts';
import { mapObserved, type Observed, observe } from './observed.ts';
import type { OrgPorts } from './org-ports.ts';

/**
 * Observes one org with few requests: what the lists of the fleet have is not requested again. Reads
 * only. Never throws.
 */
export async function observeOrg(
  org: ObservedOrg,
  fleet: FleetObservation,
  ports: OrgPorts,
): Promise<OrgObservation> {
  const { inputs, committed, fingerprint } = org;
  const { cluster } = fleet;
  const { namespace, name, amendments } = inputs.catalog;
  const at = (objectName: string) => `${namespace}/${objectName}`;
  const secret = await secretOf(inputs, cluster.secrets, ports);
  const startValues: Observed<ObservedStartValues> = mapBoth(
    secret,
    cluster.configMaps,
    (found, configMaps) => ({
      secret: found,
      amendments: amendments === undefined ? undefined : configMaps.get(at(amendments)),
    }),
  );
  const catalog = catalogOf(inputs, fleet);
  const seen = {
    inputs,
    committed,
    applied: mapObserved(cluster.configMaps, (all) =>
      comparison(all.get(at(`${name}-registration`)), fingerprint),
    ),
    row: rowOf(inputs, fleet),
    hookJobs: mapObserved(cluster.hookJobs, (all) =>
      [`${name}-authentication`, `${name}-prepare`, `${name}-register`].flatMap(
        (job): readonly JobObject[] => {
          const found = all.get(at(job));
          return found ? [found] : [];
        },
      ),
    ),
    catalog,
    startValues,
    workers: mapObserved(
      cluster.workers,
      (all): Workers =>
        all.get(workersKey(org.workers.namespace, org.workers.labels)) ?? { running: 0, ready: 0 },
    ),
  };
  const [store, server] = await Promise.all([
    observeMetadataStore(seen, fleet, ports),
    observeCatalogServer(seen, ports),
  ]);
  return { ...seen, ...store, ...server };
}

/** A Secret that was created by hand, or by a former controller, lacks our label and is read by its name. */
async function secretOf(
  { catalog: { namespace, name } }: RegistrationInputs,
  listed: Observed<ReadonlyMap<string, SecretObject>>,
  { sources }: OrgPorts,
): Promise<Observed<SecretObject | undefined>> {
  const found = 'value' in listed ? listed.value.get(`${namespace}/${name}`) : undefined;
  return found ? { value: found } : observe(() => readSecret(sources.kubernetes, { namespace, name }));
}

function catalogOf(
  { catalog }: RegistrationInputs,
  { cluster }: FleetObservation,
): Observed<ObservedCatalog> {
  const { lakekeepers, migrationJobs, deployments, pods } = cluster;
  const at = `${catalog.namespace}/${catalog.name}`;
  for (const each of [lakekeepers, migrationJobs, deployments, pods]) if ('unknown' in each) return each;
  const of = <T>(objects: Observed<ReadonlyMap<string, T>>, key: string): T | undefined =>
    'value' in objects ? objects.value.get(key) : undefined;
  return {
    value: {
      lakekeeper: of(lakekeepers, at),
      migrationJob: of(migrationJobs, `${catalog.namespace}/${catalog.migrationJob}`),
      deployment: of(deployments, at),
      pods: of(pods, at) ?? [],
    },
  };
}

function rowOf(inputs: RegistrationInputs, fleet: FleetObservation): OrgObservation['row'] {
  const { target } = inputs.record;
  if (!('configMap' in target))
    return mapObserved(recordsOf(fleet, inputs) ?? { value: new Map() }, (rows) => rows.get(inputs.org));
  const { namespace, name } = target.configMap;
  return mapObserved(fleet.cluster.configMaps, (all) => all.get(`${namespace}/${name}`)?.data);
}

function comparison(found: ConfigMapObject | undefined, fingerprint: string | undefined): Comparison {
  if (found === undefined) return 'missing';
  return fingerprint === undefined || found.data?.fingerprint === fingerprint ? 'same' : 'differs';
}

function mapBoth<A, B, R>(one: Observed<A>, other: Observed<B>, work: (a: A, b: B) => R): Observed<R> {
  if ('unknown' in one) return one;
  return 'unknown' in other ? other : { value: work(one.value, other.value) };
}
