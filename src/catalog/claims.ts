import type { Problem } from '../text/problem.ts';
import type { Catalog } from './catalog.ts';
import { placeOf } from './place.ts';

/** Something that belongs to one org alone, and what a message calls it. */
interface Claim {
  readonly key: string;
  readonly what: string;
  readonly name: string;
}

/** Everything that belongs to one org alone, over a whole fleet. */
export class Claims {
  /** Who has a key; of a folder with places below it (`above`), the first of those orgs. */
  private readonly owners = new Map<string, string | typeof platformOwner>();

  /** @param namespaces names of namespaces that the platform or others have already. */
  constructor(namespaces: Iterable<string>) {
    for (const namespace of namespaces) this.owners.set(`namespace\0${namespace}`, platformOwner);
  }

  /**
   * Keeps a catalog's name for its org, also while the org's record is rejected or skipped: its objects may be
   * running. The first org that asks has it.
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
    const { place, around } = foldersOf(catalog);
    const problems = claims.flatMap(({ key, what, name }) => {
      const other = this.otherOwner(key, org);
      return other === undefined
        ? []
        : [{ at, message: `${what}${name} belongs to ${other} already; ${remedy}` }];
    });
    const neighbours = [`place\0${place}`, `above\0${place}`, ...around.map((folder) => `place\0${folder}`)];
    const neighbour = neighbours.map((key) => this.otherOwner(key, org)).find((other) => other !== undefined);
    if (neighbour !== undefined)
      problems.push({
        at,
        message:
          `the place ${placeOf(catalog.dataStore).url} is inside that of ${neighbour}, or around it; two ` +
          `catalogs would write over each other's tables`,
      });
    if (problems.length > 0) return problems;
    for (const { key } of claims) this.take(key, org);
    this.take(`place\0${place}`, org);
    for (const folder of around) this.take(`above\0${folder}`, org);
    return [];
  }

  private take(key: string, org: string): void {
    if (!this.owners.has(key)) this.owners.set(key, org);
  }

  /** In words; undefined when nobody has it, or the org itself. */
  private otherOwner(key: string, org: string): string | undefined {
    const owner = this.owners.get(key);
    if (owner === undefined || owner === org) return undefined;
    return owner === platformOwner ? 'the platform' : `org ${JSON.stringify(owner)}`;
  }
}

const platformOwner = Symbol('the platform');
const remedy = 'give one of the two a name of its own under orgs in the platform settings';

/** The directory, whatever the namespace. */
function nameKey(name: string): string {
  return `name\0${name}`;
}

function claimsOf({ names, metadataStore, authentication, hasOwnNamespace }: Catalog): Claim[] {
  const { kubernetes, namespace, orgLabel, workerNamespace, lakekeeperWarehouse, oauthClientId } = names;
  const { database } = metadataStore;
  const server = `${metadataStore.host.toLowerCase()}:${metadataStore.port}`;
  const metrics = `${kubernetes}-metrics`;
  const warehouse = lakekeeperWarehouse.toLowerCase();
  const workers = `${workerNamespace}\0${JSON.stringify(names.workerLabels)}`;
  const claims: Claim[] = [
    { key: nameKey(kubernetes), what: 'the name ', name: kubernetes },
    // Services share one name space: the operator makes <name>-metrics beside <name>, so "acme" excludes
    // "acme-metrics".
    { key: `service\0${namespace}\0${kubernetes}`, what: 'the Service ', name: kubernetes },
    { key: `service\0${namespace}\0${metrics}`, what: 'the Service ', name: metrics },
    { key: `label\0${orgLabel}`, what: 'the org label ', name: orgLabel },
    { key: `workers\0${workers}`, what: 'the pod selector of the workers', name: '' },
    { key: `warehouse\0${warehouse}`, what: 'the warehouse name ', name: lakekeeperWarehouse },
    { key: `client\0${oauthClientId}`, what: 'the client id ', name: oauthClientId },
    { key: `database\0${server}\0${database}`, what: 'the database ', name: `${database} on ${server}` },
  ];
  if (metadataStore.provisioning === 'admin')
    // Whatever the host: two names of one server would make two databases one.
    claims.push({ key: `admin database\0${database}`, what: 'the database ', name: database });
  if (hasOwnNamespace)
    claims.push({ key: `namespace\0${namespace}`, what: 'the namespace ', name: namespace });
  if (authentication.mode !== 'none') {
    const { audience } = authentication;
    claims.push({ key: `audience\0${audience}`, what: 'the audience ', name: audience });
  }
  return claims;
}

/**
 * `bucket/a/b` for the prefix `a/b`, and around it `bucket/a` and `bucket`. Lakekeeper refuses locations that overlap
 * inside one server; of two servers neither knows the other (docs/facts/lakekeeper-management-api.md §4.4), so the
 * fleet has to be checked here.
 */
function foldersOf({ dataStore }: Catalog): { readonly place: string; readonly around: readonly string[] } {
  let place = placeOf(dataStore).root;
  const around: string[] = [];
  for (const segment of dataStore.keyPrefix.split('/')) {
    if (segment === '') continue;
    around.unshift(place);
    place += `/${segment}`;
  }
  return { place, around };
}
