import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { ObservedCatalog } from '../registration/catalog/roll-out/observe.ts';
import type { ConfigMapObject } from '../registration/objects/configmap-objects.ts';
import type { JobObject } from '../registration/objects/operator-objects.ts';
import { readSecret, type SecretObject } from '../registration/objects/secret-objects.ts';
import type { ObservedStartValues } from '../registration/secret/observe.ts';
import { type Asked, ask, mapAsked } from './asked.ts';
import { type FleetObservation, type ObservedOrg, recordsOf } from './fleet-observation.ts';
import type { Comparison, OrgObservation, Workers } from './observation.ts';
import { observeCatalogServer } from './observe-catalog-server.ts';
import { workersKey } from './observe-cluster.ts';
import { observeMetadataStore } from './observe-metadata-store.ts';
import type { OrgPorts } from './org-ports.ts';

/**
 * Looks at one org, with as few requests as show all of it: what the fleet's lists say is not asked again. Reads
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
  const startValues: Asked<ObservedStartValues> = bothAsked(
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
    applied: mapAsked(cluster.configMaps, (all) =>
      comparison(all.get(at(`${name}-registration`)), fingerprint),
    ),
    row: rowOf(inputs, fleet),
    hookJobs: mapAsked(cluster.hookJobs, (all) =>
      [`${name}-authentication`, `${name}-prepare`, `${name}-register`].flatMap(
        (job): readonly JobObject[] => {
          const found = all.get(at(job));
          return found ? [found] : [];
        },
      ),
    ),
    catalog,
    startValues,
    workers: mapAsked(
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

/** One that somebody made by hand, or a former controller, has not our label: it is asked for by its name. */
async function secretOf(
  { catalog: { namespace, name } }: RegistrationInputs,
  listed: Asked<ReadonlyMap<string, SecretObject>>,
  { sources }: OrgPorts,
): Promise<Asked<SecretObject | undefined>> {
  const found = 'value' in listed ? listed.value.get(`${namespace}/${name}`) : undefined;
  return found ? { value: found } : ask(() => readSecret(sources.kubernetes, { namespace, name }));
}

function catalogOf({ catalog }: RegistrationInputs, { cluster }: FleetObservation): Asked<ObservedCatalog> {
  const { lakekeepers, migrationJobs, deployments, pods } = cluster;
  const at = `${catalog.namespace}/${catalog.name}`;
  for (const each of [lakekeepers, migrationJobs, deployments, pods]) if ('unknown' in each) return each;
  const of = <T>(objects: Asked<ReadonlyMap<string, T>>, key: string): T | undefined =>
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
  if ('warehouseDatabase' in target)
    return mapAsked(recordsOf(fleet, inputs) ?? { value: new Map() }, (rows) => rows.get(inputs.org));
  const { namespace, name } = target.configMap;
  return mapAsked(fleet.cluster.configMaps, (all) => all.get(`${namespace}/${name}`)?.data);
}

function comparison(found: ConfigMapObject | undefined, fingerprint: string | undefined): Comparison {
  if (found === undefined) return 'missing';
  return fingerprint === undefined || found.data?.fingerprint === fingerprint ? 'same' : 'differs';
}

function bothAsked<A, B, R>(one: Asked<A>, other: Asked<B>, work: (a: A, b: B) => R): Asked<R> {
  if ('unknown' in one) return one;
  return 'unknown' in other ? other : { value: work(one.value, other.value) };
}
