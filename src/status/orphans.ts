import { orgKey } from '../catalog/names.ts';
import type { ObjectMetadata } from '../clients/kubernetes/kubernetes-client.ts';
import type { FleetObservation, ObservedOrg } from './fleet-observation.ts';
import type { KnownOrgs } from './known-orgs.ts';
import type { StoreServer } from './observe-stores.ts';
import type { Observed } from './observed.ts';
import { keptStores, retiredSecrets } from './retirements.ts';
import type { Finding, OrgStatus } from './verdict.ts';

/** An object that was found, and the command that shows it. */
interface FoundObject {
  readonly org: string | undefined;
  /** Name of the catalog, or of the database. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly what: string;
  readonly command: string;
}

/**
 * Objects without an org: custom resources, Secrets that registration created, databases and roles. The Secret and the
 * database of an org that has no catalog any more are kept on purpose, its custom resource is not. Pure.
 */
export function findOrphans(fleet: FleetObservation, { orgs, others, names }: KnownOrgs): OrgStatus[] {
  const catalogs = new Set([
    ...orgs.map(({ inputs }) => inputs.catalog.name),
    ...others.map(({ name }) => name),
  ]);
  const resources = objectsOf(fleet.cluster.lakekeepers, 'lakekeeper').filter(
    ({ name }) => !catalogs.has(name),
  );
  // Kept on purpose.
  const retired = new Set(retiredSecrets(fleet).map(({ metadata }) => metadata.name));
  const secrets = objectsOf(fleet.cluster.secrets, 'secret').filter(
    ({ name }) => !catalogs.has(name) && !retired.has(name),
  );
  const stores = new Set([...orgs.flatMap(storesOf), ...names.stores, ...keptStores(fleet)]);
  const inStores = [...fleet.stores.values()]
    .flatMap((server) => objectsIn(server, names.storePrefix))
    .filter(({ name }) => !stores.has(name));
  const isSkipped = ({ name }: FoundObject) => names.skipped.has(name);
  const orphans = [...resources, ...secrets].filter((object) => !isSkipped(object));
  return [
    ...unsearchedPlaces(fleet),
    ...grouped([...orphans, ...(names.areComplete ? inStores : [])]),
    ...resources
      .filter(isSkipped)
      .map((object) => notRemovedYet(object, names.skipped.get(object.name) ?? '')),
  ];
}

/** Places that could not be read may have orphans. */
function unsearchedPlaces({ cluster: { lakekeepers, secrets }, stores }: FleetObservation): OrgStatus[] {
  const places = [
    ['catalog', lakekeepers],
    ['Secret', secrets],
    ...[...stores.values()].map((server) => ['metadata store', server] as const),
  ] as const;
  const findings = places.flatMap(([subject, objects]): Finding[] =>
    'unknown' in objects ? [{ verdict: 'unknown', subject, what: objects.unknown }] : [],
  );
  if (findings.length === 0) return [];
  return [{ org: undefined, name: '(orphans)', namespace: undefined, verdict: 'unknown', findings }];
}

/** Argo CD prunes a catalog only after a confirmation. */
function notRemovedYet({ org, name, namespace, what, command }: FoundObject, reason: string): OrgStatus {
  const finding = `${reason}, and the ${what} still exists; confirm its removal in Argo CD`;
  const findings: Finding[] = [{ verdict: 'retiring', subject: 'catalog', what: finding, command }];
  return { org, name, namespace, verdict: 'retiring', findings };
}

function storesOf({ inputs: { metadataStore } }: ObservedOrg): string[] {
  const role = metadataStore.provisioning === 'admin' ? metadataStore.postgresRole : metadataStore.user;
  return [metadataStore.database, role];
}

function objectsOf(
  objects: Observed<ReadonlyMap<string, { readonly metadata: ObjectMetadata }>>,
  kind: 'lakekeeper' | 'secret',
): FoundObject[] {
  if ('unknown' in objects) return [];
  return [...objects.value.values()].map(({ metadata }) => {
    const { namespace = '', name } = metadata;
    return {
      ...{ org: metadata.annotations?.[orgKey], name, namespace },
      what: `${kind === 'lakekeeper' ? 'Lakekeeper resource' : 'Secret'} ${namespace}/${name}`,
      command: `kubectl -n ${namespace} describe ${kind} ${name}`,
    };
  });
}

function objectsIn(server: Observed<StoreServer>, prefix: string): FoundObject[] {
  if ('unknown' in server) return [];
  const { address, databases, roles } = server.value;
  const object = (kind: string, name: string): FoundObject => ({
    ...{ org: undefined, name, namespace: undefined },
    what: `${kind} ${name} on ${address}`,
    command: kind === 'database' ? `psql -c '\\l+ ${name}'` : `psql -c '\\du+ ${name}'`,
  });
  const isOurs = (name: string) => name.startsWith(prefix);
  return [
    ...[...databases.keys()].filter(isOurs).map((name) => object('database', name)),
    ...[...roles.keys()].filter(isOurs).map((name) => object('role', name)),
  ];
}

/** Resource and Secret of one name are one orphan, database and role too. */
function grouped(objects: readonly FoundObject[]): OrgStatus[] {
  const byName = new Map<string, FoundObject[]>();
  for (const object of objects) byName.set(object.name, [...(byName.get(object.name) ?? []), object]);
  return [...byName.values()].map((all): OrgStatus => {
    const findings = all.map(
      ({ what, command, namespace }): Finding => ({
        verdict: 'orphan',
        subject:
          namespace === undefined ? 'metadata store' : what.startsWith('Secret') ? 'Secret' : 'catalog',
        what: `no org owns the ${what}`,
        command,
      }),
    );
    const [{ org, name, namespace } = { org: undefined, name: '', namespace: undefined }] = all;
    return { org, name, namespace, verdict: 'orphan', findings };
  });
}
