import { keyForMessage } from '../text/credential-form.ts';
import type { Problem } from '../text/problem.ts';
import type { Catalog } from './catalog.ts';
import { placeOf } from './place.ts';

/** A name or place that only one org may have. */
interface Claim {
  /** Its kind, for messages. */
  readonly kind: string;
  readonly name: string;
  /** Two claims with the same key clash; the name when left out. */
  readonly key?: string;
}

/** An org id, or the platform. */
type Owner = string | typeof platformOwner;
const platformOwner = Symbol('the platform');

/** The claims of all orgs of a fleet. */
export class Claims {
  /** Owner of each claim, by kind and key. */
  private readonly owners = new Map<string, Map<string, Owner>>();
  private readonly folders = new Map<string, Owner>();
  /** Several orgs may share a parent folder. Messages name the first one. */
  private readonly parentFolders = new Map<string, Owner>();

  /** @param namespaces those with pods that are not catalogs: no org may have one for itself. */
  constructor(namespaces: Iterable<string>) {
    for (const namespace of namespaces) this.ownersOf('namespace').set(namespace, platformOwner);
  }

  /**
   * Keeps a catalog's name for its org, also while the org's record is rejected or skipped: its objects may be
   * running. The first org that claims it gets it.
   */
  reserve(name: string, org: string): void {
    const owners = this.ownersOf('name');
    if (!owners.has(name)) owners.set(name, org);
  }

  /**
   * Claims what a catalog needs for itself.
   *
   * @returns one problem for each claim of another org; then nothing is claimed.
   */
  claim(catalog: Catalog, at: string): Problem[] {
    const { org } = catalog;
    const { folder, parents } = foldersOf(catalog);
    const problems: Problem[] = [];
    const free: { readonly owners: Map<string, Owner>; readonly key: string }[] = [];
    for (const { kind, name, key = name } of claimsOf(catalog)) {
      const owners = this.ownersOf(kind);
      const owner = owners.get(key);
      if (owner === undefined) free.push({ owners, key });
      else if (owner !== org) {
        const message = `the ${kind} ${keyForMessage(name)} belongs to ${shown(owner)} already; ${remedy}`;
        problems.push({ at, message });
      }
    }
    const around: (Owner | undefined)[] = [
      this.parentFolders.get(folder),
      ...[folder, ...parents].map((one) => this.folders.get(one)),
    ];
    const neighbour = around.find((owner) => owner !== undefined && owner !== org);
    if (neighbour !== undefined)
      problems.push({
        at,
        message:
          `the place ${placeOf(catalog.dataStore).url} is inside that of ${shown(neighbour)}, or around it; two ` +
          `catalogs would write over each other's tables`,
      });
    if (problems.length > 0) return problems;
    for (const { owners, key } of free) owners.set(key, org);
    this.folders.set(folder, org);
    for (const parent of parents) if (!this.parentFolders.has(parent)) this.parentFolders.set(parent, org);
    return [];
  }

  private ownersOf(kind: string): Map<string, Owner> {
    const known = this.owners.get(kind);
    if (known !== undefined) return known;
    const owners = new Map<string, Owner>();
    this.owners.set(kind, owners);
    return owners;
  }
}

/** An owner, for messages. */
function shown(owner: Owner): string {
  return owner === platformOwner ? 'the platform' : `org ${JSON.stringify(owner)}`;
}

const remedy = 'give one of the two a name of its own under orgs in the platform settings';

function claimsOf({ names, metadataStore, authentication, hasOwnNamespace }: Catalog): Claim[] {
  const { kubernetes, namespace, workerNamespace, lakekeeperWarehouse } = names;
  const { database } = metadataStore;
  const server = `${metadataStore.host.toLowerCase()}:${metadataStore.port}`;
  const metrics = `${kubernetes}-metrics`;
  const claims: Claim[] = [
    // The directory, whatever the namespace.
    { kind: 'name', name: kubernetes },
    // Services share one name space: the operator makes <name>-metrics beside <name>, so "acme" excludes
    // "acme-metrics".
    { kind: 'Service', name: kubernetes, key: `${namespace}/${kubernetes}` },
    { kind: 'Service', name: metrics, key: `${namespace}/${metrics}` },
    { kind: 'org label', name: names.orgLabel },
    { kind: 'selector of worker pods', name: `${JSON.stringify(names.workerLabels)} in ${workerNamespace}` },
    { kind: 'warehouse name', name: lakekeeperWarehouse, key: lakekeeperWarehouse.toLowerCase() },
    { kind: 'client id', name: names.oauthClientId },
    { kind: 'database', name: `${database} on ${server}` },
  ];
  if (metadataStore.provisioning === 'admin')
    // Without the host: one server may have two names, and two orgs would then use the same database.
    claims.push({ kind: 'database', name: database });
  if (hasOwnNamespace) claims.push({ kind: 'namespace', name: namespace });
  if (authentication.mode !== 'none') claims.push({ kind: 'audience', name: authentication.audience });
  return claims;
}

/**
 * `bucket/a/b` for the prefix `a/b`, and its parents `bucket/a` and `bucket`. Lakekeeper refuses locations that
 * overlap inside one server. It does not see those of other servers (docs/facts/lakekeeper-management-api.md §4.4), so
 * they are checked here.
 */
function foldersOf({ dataStore }: Catalog): { readonly folder: string; readonly parents: readonly string[] } {
  let folder = placeOf(dataStore).root;
  const parents: string[] = [];
  for (const segment of dataStore.keyPrefix.split('/')) {
    if (segment === '') continue;
    parents.unshift(folder);
    folder += `/${segment}`;
  }
  return { folder, parents };
}
