import { orgKey } from '../catalog/names.ts';
import type { ObjectMetadata } from '../clients/kubernetes/kubernetes-client.ts';
import { shellOption } from '../text/shell.ts';
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
 * database of an org that has no catalog any more are kept on purpose, its custom resource is not. Databases and roles
 * are compared without their server, because one server may have two names. Pure.
 */
export function findOrphans(fleet: FleetObservation, { orgs, others, names }: KnownOrgs): OrgStatus[] {
  const isKnown = isObjectOf(orgs, others);
  const isSkipped = ({ name }: FoundObject) => names.skipped.has(name);
  const resources = objectsOf(fleet.cluster.lakekeepers, 'lakekeeper').filter((one) => !isKnown(one));
  // Kept on purpose.
  const retired = new Set(retiredSecrets(fleet).map(({ metadata }) => placeIn(metadata)));
  const secrets = objectsOf(fleet.cluster.secrets, 'secret').filter(
    (one) => !isKnown(one) && !retired.has(placeIn(one)),
  );
  const stores = new Set([
    ...orgs.flatMap(storesOf),
    ...names.stores,
    ...keptStores(fleet),
    ...[...fleet.stores.values()].flatMap(adminsOf),
  ]);
  // A database that is kept must not look as if it may go.
  const inStores = isKeptKnown(fleet)
    ? [...fleet.stores.values()]
        .flatMap((server) => objectsIn(server, names.storePrefix))
        .filter(({ name }) => !stores.has(name))
    : [];
  const inCluster = [...resources, ...secrets].filter((object) => !isSkipped(object));
  return [
    ...notSearched(fleet, names),
    ...(names.areComplete ? grouped([...inCluster, ...inStores]) : []),
    ...resources
      .filter(isSkipped)
      .map((object) => notRemovedYet(object, names.skipped.get(object.name) ?? '')),
  ];
}

/**
 * Whether an object is of one of the orgs. Once its manifests are committed as they should be, the catalog of an org is
 * in one namespace. Before, it may still be in another.
 */
function isObjectOf(
  orgs: KnownOrgs['orgs'],
  others: KnownOrgs['others'],
): (object: Pick<FoundObject, 'namespace' | 'name'>) => boolean {
  const catalogs = new Map(orgs.map((one) => [one.inputs.catalog.name, one]));
  const names = new Set(others.map(({ name }) => name));
  return ({ namespace, name }) => {
    const org = catalogs.get(name);
    if (org === undefined) return names.has(name);
    const isCommitted = 'value' in org.committed && org.committed.value === 'same';
    return !isCommitted || org.inputs.catalog.namespace === namespace;
  };
}

function placeIn({ namespace, name }: { readonly namespace?: string | undefined; readonly name: string }) {
  return `${namespace ?? ''}/${name}`;
}

/** Whether the Secrets were read that say which databases are kept for orgs that are retired. */
function isKeptKnown({ cluster: { secrets } }: FleetObservation): boolean {
  return 'value' in secrets;
}

/** A record without an org id may own any object, and places that could not be read may have orphans. */
function notSearched(fleet: FleetObservation, { areComplete }: KnownOrgs['names']): OrgStatus[] {
  const {
    cluster: { lakekeepers, secrets },
    stores,
  } = fleet;
  const places = [
    ['catalog', lakekeepers],
    ['Secret', secrets],
    ...[...stores.values()].map((server) => ['metadata store', server] as const),
  ] as const;
  const unread = places.flatMap(([subject, objects]): Finding[] =>
    'unknown' in objects ? [{ verdict: 'unknown', subject, what: objects.unknown }] : [],
  );
  const findings = [
    ...(areComplete ? [] : [anyOrg]),
    ...unread,
    ...(areComplete && stores.size > 0 && !isKeptKnown(fleet) ? [anyKept] : []),
  ];
  if (findings.length === 0) return [];
  return [{ org: undefined, name: '(orphans)', namespace: undefined, verdict: 'unknown', findings }];
}

const anyOrg: Finding = {
  verdict: 'unknown',
  subject: 'record',
  what: 'orphans were not searched for: a record has no org id, so any object may be that of its org',
};

const anyKept: Finding = {
  verdict: 'unknown',
  subject: 'metadata store',
  what:
    'orphans were not searched for: a database may be kept for an org that is retired, and the Secrets that say so ' +
    'were not read',
};

/** Argo CD prunes a catalog only after a confirmation. */
function notRemovedYet({ org, name, namespace, what, command }: FoundObject, reason: string): OrgStatus {
  const finding = `${reason}, and the ${what} still exists; confirm its removal in Argo CD`;
  const findings: Finding[] = [{ verdict: 'retiring', subject: 'catalog', what: finding, command }];
  return { org, name, namespace, verdict: 'retiring', findings };
}

function storesOf({ inputs: { metadataStore } }: ObservedOrg): string[] {
  if (metadataStore.provisioning === 'preProvisioned') return [metadataStore.database, metadataStore.user];
  const { database, postgresRole, admin } = metadataStore;
  // Another admin lists them too, where the login of this one fails.
  return [database, postgresRole, admin.user, admin.database];
}

/** The admin of a server, and the database of its login: their names may begin as those of orgs do. */
function adminsOf(server: Observed<StoreServer>): string[] {
  if ('unknown' in server) return [];
  const { login, user, database } = server.value.admin;
  return [login, user, database];
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
  const { address, databases, roles, connection } = server.value;
  const object = (kind: string, name: string): FoundObject => ({
    ...{ org: undefined, name, namespace: undefined },
    what: `${kind} ${name} on ${address}`,
    command: psqlCommand(connection, `${kind === 'database' ? '\\l+' : '\\du+'} ${psqlPattern(name)}`),
  });
  const isOurs = (name: string) => name.startsWith(prefix);
  return [
    ...[...databases.keys()].filter(isOurs).map((name) => object('database', name)),
    ...[...roles.keys()].filter(isOurs).map((name) => object('role', name)),
  ];
}

function psqlCommand({ host, port, user, database }: StoreServer['connection'], command: string): string {
  const options = { host, port, username: user, dbname: database, command };
  return `psql ${Object.entries(options)
    .map(([name, value]) => shellOption(`--${name}`, String(value)))
    .join(' ')}`;
}

/** Within double quotes, psql takes a pattern as it is. */
function psqlPattern(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Resource and Secret of one name are one orphan, database and role too. Several admins may list one server. */
function grouped(objects: readonly FoundObject[]): OrgStatus[] {
  const byPlace = new Map<string, FoundObject[]>();
  for (const object of new Map(objects.map((one) => [one.what, one])).values()) {
    const place = placeIn(object);
    byPlace.set(place, [...(byPlace.get(place) ?? []), object]);
  }
  return [...byPlace.values()].map((all): OrgStatus => {
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
