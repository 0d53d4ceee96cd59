import type { Problem } from '../source/problem.ts';
import type { Catalog } from './catalog.ts';
import { placeOf } from './place.ts';

/** Everything that belongs to one org alone, over a whole fleet. */
export class Claims {
  private readonly owners = new Map<string, string>();
  private readonly locations = new Locations();

  /** @param namespaces names of namespaces that are somebody else's already. */
  constructor(namespaces: readonly string[]) {
    for (const namespace of namespaces) this.owners.set(namespaceKey(namespace), 'the platform');
  }

  /**
   * Keeps a catalog's name for its org, also while the org's record is rejected or skipped: its objects may be running.
   * The first org that asks has it.
   */
  reserve(name: string, org: string): void {
    const key = nameKey(name);
    if (!this.owners.has(key)) this.owners.set(key, ownerName(org));
  }

  /** Claims what a catalog needs for itself. @returns one problem per thing that is taken; nothing is claimed then. */
  claim(catalog: Catalog, at: string): Problem[] {
    const wanted = claimsOf(catalog);
    const self = ownerName(catalog.org);
    const problems = wanted.flatMap(([key, what]): Problem[] => {
      const owner = this.owners.get(key);
      if (owner === undefined || owner === self) return [];
      return [{ at, message: `${what} belongs to ${owner} already; ${remedy}` }];
    });
    const neighbour = this.locations.ownerOf(catalog);
    if (neighbour !== undefined)
      problems.push({
        at,
        message: `the place ${placeOf(catalog.dataStore).url} is inside that of ${neighbour}, or around it; two catalogs would write over each other's tables`,
      });
    if (problems.length > 0) return problems;
    for (const [key] of wanted) this.owners.set(key, self);
    this.locations.add(catalog, self);
    return [];
  }
}

function namespaceKey(namespace: string): string {
  return `namespace ${namespace}`;
}

/** The directory, whatever the namespace. */
function nameKey(name: string): string {
  return `name ${name}`;
}

function ownerName(org: string): string {
  return `org ${JSON.stringify(org)}`;
}

const remedy = 'give one of the two a name of its own under orgs in the platform settings';

function claimsOf({
  names,
  metadataStore,
  authentication,
  hasOwnNamespace,
}: Catalog): [key: string, what: string][] {
  const server = `${metadataStore.host.toLowerCase()}:${metadataStore.port}`;
  const claims: [string, string][] = [
    [nameKey(names.kubernetes), `the name ${names.kubernetes}`],
    // Services share one name space: the operator makes <name>-metrics beside <name>, so "acme" excludes "acme-metrics".
    [`service ${names.namespace}/${names.kubernetes}`, `the Service ${names.kubernetes}`],
    [`service ${names.namespace}/${names.kubernetes}-metrics`, `the Service ${names.kubernetes}-metrics`],
    [`label ${names.orgLabel}`, `the org label ${names.orgLabel}`],
    [
      `workers ${names.workerNamespace} ${JSON.stringify(names.workerLabels)}`,
      'the pod selector of the workers',
    ],
    [
      `warehouse ${names.lakekeeperWarehouse.toLowerCase()}`,
      `the warehouse name ${names.lakekeeperWarehouse}`,
    ],
    [`client ${names.oauthClientId}`, `the client id ${names.oauthClientId}`],
    [`database ${server}/${metadataStore.database}`, `the database ${metadataStore.database} on ${server}`],
  ];
  if (metadataStore.provisioning === 'admin')
    // Whatever the host: two names of one server would make two databases one.
    claims.push([`admin database ${metadataStore.database}`, `the database ${metadataStore.database}`]);
  if (hasOwnNamespace) claims.push([namespaceKey(names.namespace), `the namespace ${names.namespace}`]);
  if (authentication.mode !== 'none')
    claims.push([`audience ${authentication.audience}`, `the audience ${authentication.audience}`]);
  return claims;
}

/**
 * Places in object stores. Lakekeeper refuses overlapping locations inside one server; of two servers neither knows the
 * other (facts/lakekeeper-management-api.md §4.4), so the fleet has to be checked here.
 */
class Locations {
  private readonly owners = new Map<string, string>();
  /** Every folder that has a location below it, and an owner of one of them. */
  private readonly above = new Map<string, string>();

  ownerOf(catalog: Catalog): string | undefined {
    const path = folders(catalog);
    for (const folder of path) {
      const owner = this.owners.get(folder);
      if (owner !== undefined) return owner;
    }
    return this.above.get(path.at(-1) ?? '');
  }

  add(catalog: Catalog, owner: string): void {
    const path = folders(catalog);
    for (const folder of path.slice(0, -1)) this.above.set(folder, owner);
    this.owners.set(path.at(-1) ?? '', owner);
  }
}

/** `bucket`, `bucket/a`, `bucket/a/b` for the prefix `a/b`. */
function folders({ dataStore }: Catalog): string[] {
  const path = [placeOf(dataStore).root];
  for (const segment of dataStore.keyPrefix.split('/'))
    if (segment !== '') path.push(`${path.at(-1)}/${segment}`);
  return path;
}
