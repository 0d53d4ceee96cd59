import { mapEntry } from '../mapping/map-entry.ts';
import type { WarehouseColumn } from '../mapping/raw-record.ts';
import { duckling } from '../mapping/source-mapping.ts';
import type { OrgId, WarehouseRecord } from './warehouse-record.ts';

/**
 * What rendering takes from an org's Crossplane `Duckling` resource (docs/facts/duckgres-warehouse-row.md §4). Its
 * status may hold a password in clear text: this parser takes the fields below and drops the rest, so that no later
 * code can see one.
 */
export interface Duckling {
  /** Address for messages: `duckling ducklings/acme`. */
  readonly at: string;
  readonly namespace: string;
  readonly name: string;
  readonly metadataStore: {
    readonly host: string | undefined;
    readonly database: string | undefined;
    readonly user: string | undefined;
    /** Reference to the password, if the status has one. */
    readonly passwordSecret:
      | { readonly namespace: string; readonly name: string; readonly key: string }
      | undefined;
  };
  readonly dataStore: { readonly bucket: string | undefined; readonly region: string | undefined };
}

export type Ducklings = ReadonlyMap<string, Duckling>;

/**
 * Parses a list of Ducklings, as `kubectl get ducklings -A -o json` prints it, or a single one.
 * Fields that are missing or of another type count as not there: a Duckling fills gaps, and a gap that stays is
 * reported.
 *
 * @returns the Ducklings by name; undefined when `content` is not a list of Kubernetes objects.
 */
export function parseDucklings(content: unknown): Ducklings | undefined {
  const items = fieldsOf(content).kind === 'Duckling' ? [content] : fieldsOf(content).items;
  if (!Array.isArray(items)) return undefined;
  const ducklings = items.map(parseDuckling).filter((duckling) => duckling !== undefined);
  return new Map(ducklings.map((duckling) => [duckling.name, duckling]));
}

/**
 * The Duckling of an org: by the row's `duckling_name`, else by the lower-cased org id. UUIDs are also looked for
 * without hyphens, as they were once named; for other ids that would find the Duckling of another org (`a-b` and
 * `ab`).
 */
export function ducklingOf(
  record: Pick<WarehouseRecord, 'org' | 'ducklingName'>,
  ducklings: Ducklings,
): Duckling | undefined {
  return ducklingNames(record).flatMap((name) => ducklings.get(name) ?? [])[0];
}

/** Possible names of an org's Duckling, the authoritative one first. */
export function ducklingNames({
  org,
  ducklingName,
}: {
  org: OrgId;
  ducklingName: string | undefined;
}): string[] {
  const name = ducklingName ?? org.toLowerCase();
  const isUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(name);
  return isUuid ? [name, name.replaceAll('-', '')] : [name];
}

function parseDuckling(item: unknown): Duckling | undefined {
  const metadata = fieldsOf(fieldsOf(item).metadata);
  const name = text(metadata.name);
  if (name === undefined) return undefined;
  const namespace = text(metadata.namespace) ?? 'ducklings';
  const columns = mapEntry(duckling, item) as Partial<Record<WarehouseColumn, unknown>>;
  const { credentialSecretRef } = fieldsOf(fieldsOf(fieldsOf(item).status).metadataStore);
  return {
    at: `duckling ${namespace}/${name}`,
    namespace,
    name,
    metadataStore: {
      host: text(columns.metadata_store_endpoint),
      database: text(columns.metadata_store_database_name),
      user: text(columns.metadata_store_username),
      passwordSecret: secretReference(fieldsOf(credentialSecretRef), namespace),
    },
    dataStore: { bucket: text(columns.data_store_bucket_name), region: text(columns.data_store_region) },
  };
}

function secretReference(
  reference: Record<string, unknown>,
  namespace: string,
): Duckling['metadataStore']['passwordSecret'] {
  const name = text(reference.name);
  const key = text(reference.key);
  return name === undefined || key === undefined
    ? undefined
    : { namespace: text(reference.namespace) ?? namespace, name, key };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
