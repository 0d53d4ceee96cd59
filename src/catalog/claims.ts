import type { Problem } from '../source/problem.ts';
import type { Catalog } from './catalog.ts';
import { Owners } from './owners.ts';
import { placeOf } from './place.ts';

/** The orgs of a fleet by number, as far as claims ask for them. */
export interface Claimants {
  readonly length: number;
  /** Undefined when the record does not say. */
  orgOf(index: number): string | undefined;
  /** The name that is reserved for it. */
  nameOf(index: number): string | undefined;
  /** What it has, once it has claimed it. */
  catalogOf(index: number): Catalog | undefined;
}

/** Everything that belongs to one org alone, over a whole fleet. Of the keys only hashes are kept, as there are a dozen for each org. */
export class Claims {
  private readonly platform: ReadonlySet<string>;
  private readonly owners: Owners;
  private readonly claimed: Uint8Array;

  /** @param namespaces names of namespaces that are somebody else's already. */
  constructor(
    namespaces: readonly string[],
    private readonly claimants: Claimants,
  ) {
    this.platform = new Set(namespaces.map(namespaceKey));
    this.claimed = new Uint8Array(claimants.length);
    this.owners = new Owners(keysOfAnOrg * claimants.length, (owner, key) => this.holds(owner, key));
  }

  /** The first record of an org, which the call makes this one when there is none. */
  firstOf(org: string, index: number): number {
    const key = orgKey(org);
    const first = this.owners.of(key, index);
    if (first === undefined) this.owners.add(key, index);
    return first ?? index;
  }

  has(org: string): boolean {
    return this.owners.of(orgKey(org)) !== undefined;
  }

  /**
   * Keeps a catalog's name for its org, also while the org's record is rejected or skipped: its objects may be running.
   * The first org that asks has it.
   */
  reserve(name: string, index: number): void {
    this.owners.set(nameKey(name), index);
  }

  /** Claims what a catalog needs for itself. @returns one problem per thing that is taken; nothing is claimed then. */
  claim(catalog: Catalog, at: string, index: number): Problem[] {
    const problems: Problem[] = [];
    const free: string[] = [];
    for (const [key, what] of claimsOf(catalog)) {
      const owner = this.owner(key, catalog.org, index);
      if (owner === undefined) free.push(key);
      else if (owner !== mine)
        problems.push({ at, message: `${what} belongs to ${owner} already; ${remedy}` });
    }
    const path = folders(catalog);
    const neighbour = [...path.map(placeKey), aboveKey(path.at(-1) ?? '')]
      .map((key) => this.owner(key, catalog.org, index))
      .find((owner) => owner !== undefined && owner !== mine);
    if (neighbour !== undefined)
      problems.push({
        at,
        message: `the place ${placeOf(catalog.dataStore).url} is inside that of ${neighbour}, or around it; two catalogs would write over each other's tables`,
      });
    if (problems.length > 0) return problems;
    for (const key of free) this.owners.add(key, index);
    for (const key of placeKeysOf(path)) this.owners.set(key, index);
    this.claimed[index] = 1;
    return [];
  }

  private owner(key: string, org: string, index: number): string | typeof mine | undefined {
    if (key.startsWith(namespaceKey('')) && this.platform.has(key)) return 'the platform';
    const owner = this.owners.of(key, index);
    if (owner === undefined) return undefined;
    const other = owner === index ? org : (this.claimants.orgOf(owner) ?? '');
    return other === org ? mine : `org ${JSON.stringify(other)}`;
  }

  private holds(owner: number, key: string): boolean {
    const { claimants } = this;
    if (key === orgKey(claimants.orgOf(owner) ?? '')) return true;
    if (key === nameKey(claimants.nameOf(owner) ?? '')) return true;
    const catalog = this.claimed[owner] === 1 ? claimants.catalogOf(owner) : undefined;
    if (catalog === undefined) return false;
    return (
      claimsOf(catalog).some(([claimed]) => claimed === key) || placeKeysOf(folders(catalog)).includes(key)
    );
  }
}

/** Reserved and claimed; about. */
const keysOfAnOrg = 14;

/** Of a key that is the org's own already. */
const mine = Symbol('mine');

function placeKeysOf(path: readonly string[]): string[] {
  return [placeKey(path.at(-1) ?? ''), ...path.slice(0, -1).map(aboveKey)];
}

function orgKey(org: string): string {
  return `org ${org}`;
}

function namespaceKey(namespace: string): string {
  return `namespace ${namespace}`;
}

/** The directory, whatever the namespace. */
function nameKey(name: string): string {
  return `name ${name}`;
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
 * A place in an object store. Lakekeeper refuses overlapping locations inside one server; of two servers neither knows the
 * other (facts/lakekeeper-management-api.md §4.4), so the fleet has to be checked here.
 */
function placeKey(folder: string): string {
  return `place ${folder}`;
}

/** A folder that has a place below it. */
function aboveKey(folder: string): string {
  return `above ${folder}`;
}

/** `bucket`, `bucket/a`, `bucket/a/b` for the prefix `a/b`. */
function folders({ dataStore }: Catalog): string[] {
  const path = [placeOf(dataStore).root];
  for (const segment of dataStore.keyPrefix.split('/'))
    if (segment !== '') path.push(`${path.at(-1)}/${segment}`);
  return path;
}
