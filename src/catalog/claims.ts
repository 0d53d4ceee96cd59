import type { Problem } from '../text/problem.ts';
import type { Catalog } from './catalog.ts';
import { hashOf, type Key, Owners } from './owners.ts';
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
    this.platform = new Set(namespaces);
    this.claimed = new Uint8Array(claimants.length);
    this.owners = new Owners(claimants.length, keysOfAnOrg * claimants.length, (owner, key) =>
      this.holds(owner, key),
    );
  }

  /** The first record of an org, which the call makes this one when there is none. */
  firstOf(org: string, index: number): number {
    return this.owners.set(orgKey(org), index);
  }

  has(org: string): boolean {
    return this.owners.of(orgKey(org)) !== undefined;
  }

  /**
   * Keeps a catalog's name for its org, also while the org's record is rejected or skipped: its objects may be running.
   * The first org that asks has it.
   *
   * @param hash `hashOfName`. @param outranks whether the name is taken from another org that asked before.
   */
  reserve(hash: number, index: number, outranks: (other: number) => boolean): void {
    const key = () => nameKey(this.claimants.nameOf(index) ?? '');
    this.owners.setByHash(hash, key, index, outranks);
  }

  /**
   * Claims what a catalog needs for itself.
   *
   * @returns one problem per thing that is taken. Nothing is claimed then: what is noted already counts for an org only once it has all.
   */
  claim(catalog: Catalog, at: string, index: number): Problem[] {
    const problems: Problem[] = [];
    for (const [key, what, name] of claimsOf(catalog)) {
      const owner = this.isOfPlatform(key)
        ? 'the platform'
        : this.other(this.owners.set(key, index), catalog, index);
      if (owner !== undefined)
        problems.push({ at, message: `${what}${name} belongs to ${owner} already; ${remedy}` });
    }
    const neighbour = this.claimPlace(catalog, index);
    if (neighbour !== undefined)
      problems.push({
        at,
        message: `the place ${placeOf(catalog.dataStore).url} is inside that of ${neighbour}, or around it; two catalogs would write over each other's tables`,
      });
    if (problems.length === 0) this.claimed[index] = 1;
    return problems;
  }

  /** @returns the org that has a place around this one, the same, or one inside. */
  private claimPlace(catalog: Catalog, index: number): string | undefined {
    const { owners } = this;
    const [place = '', ...around] = folders(catalog);
    const neighbours = [
      ...around.map((folder) => owners.of(placeKey(folder), index)),
      owners.set(placeKey(place), index),
      owners.of(aboveKey(place), index),
    ];
    for (const folder of around) owners.set(aboveKey(folder), index);
    return neighbours.map((owner) => this.other(owner, catalog, index)).find((org) => org !== undefined);
  }

  /** An owner by its name; undefined when it is the very org. */
  private other(owner: number | undefined, { org }: Catalog, index: number): string | undefined {
    if (owner === undefined || owner === index) return undefined;
    const other = this.claimants.orgOf(owner) ?? '';
    return other === org ? undefined : `org ${JSON.stringify(other)}`;
  }

  private isOfPlatform([kind = '', namespace = '']: Key): boolean {
    return kind === 'namespace' && this.platform.has(namespace);
  }

  private holds(owner: number, key: Key): boolean {
    const { claimants } = this;
    if (isSame(key, orgKey(claimants.orgOf(owner) ?? ''))) return true;
    if (isSame(key, nameKey(claimants.nameOf(owner) ?? ''))) return true;
    const catalog = this.claimed[owner] === 1 ? claimants.catalogOf(owner) : undefined;
    if (catalog === undefined) return false;
    const [place = '', ...around] = folders(catalog);
    return (
      isSame(key, placeKey(place)) ||
      around.some((folder) => isSame(key, aboveKey(folder))) ||
      claimsOf(catalog).some(([claimed]) => isSame(key, claimed))
    );
  }
}

/** Reserved and claimed; about. */
const keysOfAnOrg = 14;

function isSame(key: Key, other: Key): boolean {
  return key.length === other.length && key.every((text, i) => text === other[i]);
}

function orgKey(org: string): Key {
  return ['org', org];
}

/** A catalog's name, as far as most have to know it to reserve it. */
export function hashOfName(name: string): number {
  return hashOf(nameKey(name));
}

/** The directory, whatever the namespace. */
function nameKey(name: string): Key {
  return ['name', name];
}

const remedy = 'give one of the two a name of its own under orgs in the platform settings';

/** @returns keys, and for messages what each stands for and the name of it. */
function claimsOf({
  names,
  metadataStore,
  authentication,
  hasOwnNamespace,
}: Catalog): (readonly [key: Key, what: string, name: string])[] {
  const { kubernetes, namespace, orgLabel, workerNamespace, lakekeeperWarehouse, oauthClientId } = names;
  const { database } = metadataStore;
  const server = `${metadataStore.host.toLowerCase()}:${metadataStore.port}`;
  const metrics = `${kubernetes}-metrics`;
  const claims: (readonly [Key, string, string])[] = [
    [nameKey(kubernetes), 'the name ', kubernetes],
    // Services share one name space: the operator makes <name>-metrics beside <name>, so "acme" excludes "acme-metrics".
    [['service', namespace, kubernetes], 'the Service ', kubernetes],
    [['service', namespace, metrics], 'the Service ', metrics],
    [['label', orgLabel], 'the org label ', orgLabel],
    [['workers', workerNamespace, JSON.stringify(names.workerLabels)], 'the pod selector of the workers', ''],
    [['warehouse', lakekeeperWarehouse.toLowerCase()], 'the warehouse name ', lakekeeperWarehouse],
    [['client', oauthClientId], 'the client id ', oauthClientId],
    [['database', server, database], 'the database ', `${database} on ${server}`],
  ];
  if (metadataStore.provisioning === 'admin')
    // Whatever the host: two names of one server would make two databases one.
    claims.push([['admin database', database], 'the database ', database]);
  if (hasOwnNamespace) claims.push([['namespace', namespace], 'the namespace ', namespace]);
  if (authentication.mode !== 'none')
    claims.push([['audience', authentication.audience], 'the audience ', authentication.audience]);
  return claims;
}

/**
 * A place in an object store. Lakekeeper refuses overlapping locations inside one server; of two servers neither knows the
 * other (docs/facts/lakekeeper-management-api.md §4.4), so the fleet has to be checked here.
 */
function placeKey(folder: string): Key {
  return ['place', folder];
}

/** A folder that has a place below it. */
function aboveKey(folder: string): Key {
  return ['above', folder];
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
