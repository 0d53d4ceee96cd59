import type { Problem } from '../text/problem.ts';
import type { Catalog } from './catalog.ts';
import { placeOf } from './place.ts';

/** Something that belongs to one org alone, and what a message calls it. */
interface Claim {
  readonly key: string;
  readonly what: string;
}

/** Everything that belongs to one org alone, over a whole fleet. */
export class Claims {
  /** Who has a key; of a folder with places below it (`above`), the first of those orgs. */
  private readonly owners = new Map<string, string>();

  /** @param namespaces names of namespaces that the platform or others have already. */
  constructor(namespaces: Iterable<string>) {
    for (const namespace of namespaces) this.owners.set(keyOf('namespace', namespace), platformOwner);
  }

  /**
   * Keeps a catalog's name for its org, also while the org's record is rejected or skipped: its objects may be running.
   * The first org that asks has it.
   */
  reserve(name: string, org: string): void {
    this.take(nameKey(name), org);
  }

  /**
   * Claims what a catalog needs for itself.
   *
   * @returns one problem for each thing that is taken; then nothing is claimed.
   */
  claim(catalog: Catalog, at: string): Problem[] {
    const { org } = catalog;
    const claims = claimsOf(catalog);
    const [place = '', ...around] = folders(catalog);
    const taken = claims.flatMap(({ key, what }) => {
      const owner = this.ownerBeside(org, key);
      return owner === undefined ? [] : [`${what} belongs to ${owner} already; ${remedy}`];
    });
    const neighbours = [placeKey(place), aboveKey(place), ...around.map(placeKey)];
    const neighbour = neighbours
      .map((key) => this.ownerBeside(org, key))
      .find((owner) => owner !== undefined);
    if (neighbour !== undefined)
      taken.push(
        `the place ${placeOf(catalog.dataStore).url} is inside that of ${neighbour}, or around it; two catalogs would write over each other's tables`,
      );
    if (taken.length > 0) return taken.map((message) => ({ at, message }));
    for (const key of [...claims.map(({ key }) => key), placeKey(place), ...around.map(aboveKey)])
      this.take(key, org);
    return [];
  }

  private take(key: string, org: string): void {
    if (!this.owners.has(key)) this.owners.set(key, ownerOf(org));
  }

  /** In words; undefined when nobody has it, or the org itself. */
  private ownerBeside(org: string, key: string): string | undefined {
    const owner = this.owners.get(key);
    return owner === ownerOf(org) ? undefined : owner;
  }
}

const platformOwner = 'the platform';
const remedy = 'give one of the two a name of its own under orgs in the platform settings';

/** As messages say it: `org "acme"`. */
function ownerOf(org: string): string {
  return `org ${JSON.stringify(org)}`;
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\0');
}

/** The directory, whatever the namespace. */
function nameKey(name: string): string {
  return keyOf('name', name);
}

function claimsOf({ names, metadataStore, authentication, hasOwnNamespace }: Catalog): Claim[] {
  const { kubernetes, namespace, orgLabel, workerNamespace, lakekeeperWarehouse, oauthClientId } = names;
  const { database } = metadataStore;
  const server = `${metadataStore.host.toLowerCase()}:${metadataStore.port}`;
  const metrics = `${kubernetes}-metrics`;
  const workers = JSON.stringify(names.workerLabels);
  const claims: Claim[] = [
    { key: nameKey(kubernetes), what: `the name ${kubernetes}` },
    // Services share one name space: the operator makes <name>-metrics beside <name>, so "acme" excludes "acme-metrics".
    { key: keyOf('service', namespace, kubernetes), what: `the Service ${kubernetes}` },
    { key: keyOf('service', namespace, metrics), what: `the Service ${metrics}` },
    { key: keyOf('label', orgLabel), what: `the org label ${orgLabel}` },
    { key: keyOf('workers', workerNamespace, workers), what: 'the pod selector of the workers' },
    {
      key: keyOf('warehouse', lakekeeperWarehouse.toLowerCase()),
      what: `the warehouse name ${lakekeeperWarehouse}`,
    },
    { key: keyOf('client', oauthClientId), what: `the client id ${oauthClientId}` },
    { key: keyOf('database', server, database), what: `the database ${database} on ${server}` },
  ];
  if (metadataStore.provisioning === 'admin')
    // Whatever the host: two names of one server would make two databases one.
    claims.push({ key: keyOf('admin database', database), what: `the database ${database}` });
  if (hasOwnNamespace)
    claims.push({ key: keyOf('namespace', namespace), what: `the namespace ${namespace}` });
  if (authentication.mode !== 'none')
    claims.push({
      key: keyOf('audience', authentication.audience),
      what: `the audience ${authentication.audience}`,
    });
  return claims;
}

/**
 * A place in an object store. Lakekeeper refuses overlapping locations inside one server; of two servers neither knows the
 * other (docs/facts/lakekeeper-management-api.md §4.4), so the fleet has to be checked here.
 */
function placeKey(folder: string): string {
  return keyOf('place', folder);
}

/** A folder that has a place below it. */
function aboveKey(folder: string): string {
  return keyOf('above', folder);
}

/** `bucket/a/b`, `bucket/a`, `bucket` for the prefix `a/b`: the place, and what is around it. */
function folders({ dataStore }: Catalog): string[] {
  let place = placeOf(dataStore).root;
  const path = [place];
  for (const segment of dataStore.keyPrefix.split('/')) {
    if (segment === '') continue;
    place += `/${segment}`;
    path.unshift(place);
  }
  return path;
}
