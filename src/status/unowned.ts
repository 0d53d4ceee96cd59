import { orgKey } from '../catalog/names.ts';
import type { ObjectMetadata } from '../clients/kubernetes/kubernetes-client.ts';
import type { Asked } from './asked.ts';
import type { FleetObservation, ObservedOrg } from './fleet-observation.ts';
import type { KnownOrgs } from './known-orgs.ts';
import type { StoreServer } from './observe-stores.ts';
import type { Finding, OrgStatus } from './verdict.ts';

/** Something that is there: what it is, for people, and what shows more of it. */
interface Thing {
  readonly org: string | undefined;
  /** That of a catalog, or of a database. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly what: string;
  readonly command: string;
}

/**
 * What no org owns: custom resources, Secrets that registration made, databases and roles. The Secret and the
 * database of an org that is not to have a catalog any more are kept on purpose; its catalog is not. Pure.
 */
export function unowned(fleet: FleetObservation, { orgs, others, names }: KnownOrgs): OrgStatus[] {
  const catalogs = new Set([
    ...orgs.map(({ inputs }) => inputs.catalog.name),
    ...others.map(({ name }) => name),
  ]);
  const resources = objectsOf(fleet.cluster.lakekeepers, 'lakekeeper').filter(
    ({ name }) => !catalogs.has(name),
  );
  const secrets = objectsOf(fleet.cluster.secrets, 'secret').filter(({ name }) => !catalogs.has(name));
  const stores = new Set([...orgs.flatMap(storesOf), ...names.stores]);
  const inStores = [...fleet.stores.values()]
    .flatMap((server) => thingsIn(server, names.storePrefix))
    .filter(({ name }) => !stores.has(name));
  const isSkipped = ({ name }: Thing) => names.skipped.has(name);
  const orphans = [...resources, ...secrets].filter((thing) => !isSkipped(thing));
  return [
    ...notSearched(fleet),
    ...grouped([...orphans, ...(names.areComplete ? inStores : [])]),
    ...resources.filter(isSkipped).map((thing) => stillThere(thing, names.skipped.get(thing.name) ?? '')),
  ];
}

/** Where nobody could look, there may be anything. */
function notSearched({ cluster: { lakekeepers, secrets }, stores }: FleetObservation): OrgStatus[] {
  const places = [
    ['catalog', lakekeepers],
    ['Secret', secrets],
    ...[...stores.values()].map((server) => ['metadata store', server] as const),
  ] as const;
  const findings = places.flatMap(([subject, asked]): Finding[] =>
    'unknown' in asked ? [{ verdict: 'unknown', subject, what: asked.unknown }] : [],
  );
  if (findings.length === 0) return [];
  return [{ org: undefined, name: '(what no org owns)', namespace: undefined, verdict: 'unknown', findings }];
}

/** Argo CD asks a person before it prunes one. */
function stillThere({ org, name, namespace, what, command }: Thing, reason: string): OrgStatus {
  const finding = `${reason}, and the ${what} is still there; confirm its removal in Argo CD`;
  const findings: Finding[] = [{ verdict: 'retiring', subject: 'catalog', what: finding, command }];
  return { org, name, namespace, verdict: 'retiring', findings };
}

function storesOf({ inputs: { metadataStore } }: ObservedOrg): string[] {
  const role = metadataStore.provisioning === 'admin' ? metadataStore.postgresRole : metadataStore.user;
  return [metadataStore.database, role];
}

function objectsOf(
  objects: Asked<ReadonlyMap<string, { readonly metadata: ObjectMetadata }>>,
  kind: 'lakekeeper' | 'secret',
): Thing[] {
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

function thingsIn(server: Asked<StoreServer>, prefix: string): Thing[] {
  if ('unknown' in server) return [];
  const { address, databases, roles } = server.value;
  const thing = (kind: string, name: string): Thing => ({
    ...{ org: undefined, name, namespace: undefined },
    what: `${kind} ${name} on ${address}`,
    command: kind === 'database' ? `psql -c '\\l+ ${name}'` : `psql -c '\\du+ ${name}'`,
  });
  const isOurs = (name: string) => name.startsWith(prefix);
  return [
    ...[...databases.keys()].filter(isOurs).map((name) => thing('database', name)),
    ...[...roles.keys()].filter(isOurs).map((name) => thing('role', name)),
  ];
}

/** Resource and Secret of one name are one orphan, database and role too. */
function grouped(things: readonly Thing[]): OrgStatus[] {
  const byName = new Map<string, Thing[]>();
  for (const thing of things) byName.set(thing.name, [...(byName.get(thing.name) ?? []), thing]);
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
