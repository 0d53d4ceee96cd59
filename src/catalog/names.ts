import type { OrgId } from '../source/warehouse-record.ts';
import { sha256 } from '../text/sha256.ts';

/**
 * Derives every name from the org id; no other module may. A name depends only on the org id and the platform's prefix,
 * never on other orgs: a name that changes would mean a new, empty database.
 *
 * Plain ids are used verbatim. Of other ids the allowed characters are used, with 8 hexadecimal digits of the id's
 * SHA-256 as suffix. Two ids can share a name only by a crafted id or a collision of 32 bits, which `claims.ts`
 * rejects.
 */

/** Label and annotation with an object's org: the annotation is verbatim, the label as far as its syntax allows. */
export const orgKey = 'lakekeeper-gitops/org';

/** Suffix of the registration Job's ServiceAccount. It has a dot, so that no catalog's account has the same name. */
export const registrationSuffix = '.register';
/** Suffix of the ServiceAccount without rights whose token the proof tries. */
export const proofSuffix = '.proof';

/** Suffix of the retirement Job. */
export const retireJobSuffix = '-retire';
/** Suffix of the retirement Job's ServiceAccount. */
export const retirementAccountSuffix = '.retire';

/**
 * Name of the ConfigMap that stands for an org's row: where the warehouses come from a file, and where the row of an
 * org that retires is gone.
 */
export function recordName(kubernetesName: string): string {
  return `${kubernetesName}-endpoint`;
}

/** Maximum lengths of names, in bytes. */
export const nameLimits = {
  /**
   * The operator names its migration Job `<name>-migrate-<8 hex>`, which must fit a label of 63
   * (docs/facts/lakekeeper-crd.md §10).
   */
  kubernetes: 46,
  /** Kubernetes label values. */
  label: 63,
  /** NAMEDATALEN - 1: Postgres truncates longer identifiers silently. */
  postgres: 63,
  /** Limit of Lakekeeper for a warehouse name, and of the row's column for a client id. */
  lakekeeper: 128,
} as const;

/** A DNS-1123 label, without its limit of 63. */
const dnsLabel = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const catalogNameForm = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const plainId = /^[a-z0-9-]+$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const labelValue = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/**
 * Whether `name` can be the name of a catalog: a DNS-1123 label that begins with a letter, of at most 46 characters.
 */
export function isCatalogName(name: string): boolean {
  return name.length <= nameLimits.kubernetes && catalogNameForm.test(name);
}

/**
 * Name of the org's catalog in Kubernetes: its custom resource, Deployment, Service, Secret and ServiceAccount.
 * `acme` becomes `lakekeeper-acme`; a UUID that is too long loses its hyphens; any other id is hashed.
 */
export function kubernetesName(org: OrgId, prefix: string): string {
  const plain = `${prefix}-${org}`;
  if (isCatalogName(plain)) return plain;
  const withoutHyphens = `${prefix}-${org.replaceAll('-', '')}`;
  if (uuid.test(org) && isCatalogName(withoutHyphens)) return withoutHyphens;
  return hashed(`${prefix}-`, org, '-', nameLimits.kubernetes);
}

/** Name of the org's Postgres database and of its owner: `a-b` becomes `lakekeeper_a_b`; `a_b` is hashed. */
export function postgresName(org: OrgId, prefix: string): string {
  const stem = `${prefix.replaceAll('-', '_')}_`;
  const plain = `${stem}${org.replaceAll('-', '_')}`;
  if (plainId.test(org) && plain.length <= nameLimits.postgres) return plain;
  return hashed(stem, org, '_', nameLimits.postgres);
}

/** Name of the warehouse inside the org's Lakekeeper: `org-<org>`. */
export function lakekeeperWarehouseName(org: OrgId): string {
  return plainOrHashed('org-', org, nameLimits.lakekeeper);
}

/** OAuth2 client id of the org's workers: `duckling-<org>`. */
export function oauthClientId(org: OrgId): string {
  return plainOrHashed('duckling-', org, nameLimits.lakekeeper);
}

/** Value of `{org}` in templates of names, paths and audiences: `[a-z0-9-]`, at most 63 characters. */
export function orgSlug(org: OrgId): string {
  return dnsLabel.test(org) && org.length <= nameLimits.label ? org : hashed('', org, '-', nameLimits.label);
}

/**
 * Value of `{org}` in pod selectors, and value of the org label: the id itself when that is a valid label value.
 */
export function orgLabel(org: OrgId): string {
  return labelValue.test(org) && org.length <= nameLimits.label
    ? org
    : hashed('', org, '-', nameLimits.label);
}

/**
 * The database that the former controller created for an org whose catalog is called `legacyName`; undefined when the
 * controller would not have used that name. An org that it registered must keep its database.
 * Source: docs/facts/duckgres-warehouse-row.md §5.2.
 */
export function legacyDatabaseName(org: OrgId, legacyName: string): string | undefined {
  const lower = org.toLowerCase();
  if (legacyName !== `lakekeeper-${lower}` && legacyName !== `lakekeeper-${lower.replaceAll('-', '')}`)
    return undefined;
  const database = `lakekeeper_${lower.replaceAll(/[^a-z0-9_]/g, '_')}`;
  return database.length <= nameLimits.postgres ? database : undefined;
}

function plainOrHashed(stem: string, org: OrgId, limit: number): string {
  const plain = `${stem}${org}`;
  return plainId.test(org) && plain.length <= limit ? plain : hashed(stem, org, '-', nameLimits.label);
}

/** `<stem><allowed characters of the id><separator><8 hex>`, at most `limit` bytes. */
function hashed(stem: string, org: OrgId, separator: '-' | '_', limit: number): string {
  const digest = sha256(org).slice(0, 8);
  const spelt = org
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, separator)
    .slice(0, limit - stem.length - digest.length - 1)
    .replaceAll(/^[-_]+|[-_]+$/g, '');
  return spelt === '' ? `${stem}${digest}` : `${stem}${spelt}${separator}${digest}`;
}
