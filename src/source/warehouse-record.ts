import { isKnown, misspelt } from '../mapping/known-columns.ts';
import { columnAddress, type RawRecord, type WarehouseColumn } from '../mapping/raw-record.ts';
import type { Problem } from '../text/problem.ts';

declare const orgId: unique symbol;
/**
 * Id of an organisation: any non-empty, well-formed string of up to 255 characters. It is data: never a path, never
 * syntax.
 */
export type OrgId = string & { readonly [orgId]: true };

/**
 * One row of the warehouse source whose columns have the right types. Empty strings and zeros, which the control plane
 * writes for "unset", are undefined.
 */
export interface WarehouseRecord {
  /** Address in the source, for messages; `columnAddress` has that of a column. */
  readonly at: string;
  readonly names?: RawRecord['names'];
  readonly resource?: RawRecord['resource'];
  readonly org: OrgId;
  /** `pending`, `provisioning`, `ready`, `failed`, `deleting`, `deleted`; an open vocabulary. */
  readonly state: string;
  readonly icebergEnabled: boolean;
  /** `lakekeeper` when the column is empty. */
  readonly icebergBackend: string;
  /** What registration wrote back; a recorded endpoint means that the org is registered. */
  readonly recorded: {
    readonly endpoint: string | undefined;
    readonly lakekeeperWarehouse: string | undefined;
    readonly oauthClientId: string | undefined;
    /** Undefined without authentication. */
    readonly oauthServerURI: string | undefined;
    /** Of the catalog too. */
    readonly secretName: string | undefined;
    /** Written by retirement too; an open vocabulary. */
    readonly catalogState: string | undefined;
  };
  readonly metadataStore: {
    readonly kind: string | undefined;
    readonly host: string | undefined;
    readonly port: number | undefined;
    readonly database: string | undefined;
    readonly user: string | undefined;
  };
  readonly dataStore: {
    /** `s3bucket` when the column is empty. */
    readonly kind: string;
    readonly bucket: string | undefined;
    readonly region: string | undefined;
  };
  /** Name of the org's Crossplane `Duckling` resource. */
  readonly ducklingName: string | undefined;
}

export type ParsedRecord = { readonly ok: true; readonly record: WarehouseRecord } | RejectedRecord;

/** A record with problems, and what is known of it all the same. */
export interface RejectedRecord extends Pick<WarehouseRecord, 'at' | 'names' | 'recorded'> {
  readonly ok: false;
  readonly org: OrgId | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Parses one record of a source.
 *
 * @param raw a record as read; keys are the column names of docs/facts/duckgres-warehouse-row.md §1.1. Columns that
 *   rendering does not need are ignored, unless they look like a misspelt one that it does.
 * @returns the record, or every problem it has, each with its address. Never throws.
 */
export function parseWarehouseRecord(raw: RawRecord): ParsedRecord {
  if (typeof raw.columns !== 'object' || raw.columns === null || Array.isArray(raw.columns)) {
    const message = `is ${kindOf(raw.columns)}; expected a mapping of column names to values`;
    return { ok: false, at: raw.at, org: undefined, recorded: nothing, problems: [{ at: raw.at, message }] };
  }
  const columns = new Columns(raw, raw.columns as Record<string, unknown>);
  const org = columns.orgId();
  const record = {
    at: raw.at,
    names: raw.names,
    resource: raw.resource,
    // Known to be there before the record is returned.
    org: org as OrgId,
    state: columns.text('state') ?? '',
    icebergEnabled: columns.boolean('iceberg_enabled') ?? false,
    icebergBackend: columns.text('iceberg_backend') ?? 'lakekeeper',
    recorded: {
      endpoint: columns.text('iceberg_lakekeeper_endpoint'),
      lakekeeperWarehouse: columns.text('iceberg_lakekeeper_warehouse'),
      oauthClientId: columns.text('iceberg_lakekeeper_client_id'),
      oauthServerURI: columns.text('iceberg_lakekeeper_o_auth2_server_uri'),
      secretName: columns.text('iceberg_lakekeeper_client_credentials_name'),
      catalogState: columns.text('iceberg_state'),
    },
    metadataStore: {
      kind: columns.text('metadata_store_kind'),
      host: columns.text('metadata_store_endpoint'),
      port: columns.port('metadata_store_port'),
      database: columns.text('metadata_store_database_name'),
      user: columns.text('metadata_store_username'),
    },
    dataStore: {
      kind: columns.text('data_store_kind') ?? 's3bucket',
      bucket: columns.text('data_store_bucket_name'),
      region: columns.text('data_store_region') ?? columns.text('iceberg_region'),
    },
    ducklingName: columns.text('duckling_name'),
  };
  columns.refuseMisspelt();
  if (org !== undefined && columns.problems.length === 0) return { ok: true, record };
  return {
    ok: false,
    at: raw.at,
    names: raw.names,
    org,
    recorded: record.recorded,
    problems: columns.problems,
  };
}

const nothing = {
  endpoint: undefined,
  lakekeeperWarehouse: undefined,
  oauthClientId: undefined,
  oauthServerURI: undefined,
  secretName: undefined,
  catalogState: undefined,
};

/** Reads typed columns and collects what is wrong with them. */
class Columns {
  readonly problems: Problem[] = [];

  constructor(
    private readonly raw: RawRecord,
    private readonly values: Record<string, unknown>,
  ) {}

  orgId(): OrgId | undefined {
    const value = this.values.org_id;
    if (value === undefined || value === null)
      return this.report('org_id', 'is missing; expected the id of an organisation');
    // YAML reads an unquoted 007, 1e3, 0x1F or true as something else than what was written: guessing the id back
    // would name the wrong org.
    if (typeof value !== 'string') {
      const seen = typeof value === 'object' ? kindOf(value) : `${kindOf(value)} (${String(value)})`;
      return this.report('org_id', `is ${seen}; expected a string, in quotes`);
    }
    if (value === '') return this.report('org_id', 'is empty; expected the id of an organisation');
    if (!value.isWellFormed())
      return this.report('org_id', 'is not well-formed Unicode (it has half of a surrogate pair)');
    if ([...value].length > 255)
      return this.report('org_id', `has ${[...value].length} characters; expected at most 255`);
    return value as OrgId;
  }

  text(column: WarehouseColumn): string | undefined {
    const value = this.values[column];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    return this.report(column, `is ${kindOf(value)}; expected a string`);
  }

  boolean(column: WarehouseColumn): boolean | undefined {
    const value = this.values[column];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'boolean') return value;
    return this.report(column, `is ${kindOf(value)}; expected true or false`);
  }

  port(column: WarehouseColumn): number | undefined {
    const value = this.values[column];
    if (value === undefined || value === null || value === '' || value === 0 || value === '0')
      return undefined;
    // node-postgres returns a bigint as a string.
    const port = typeof value === 'string' && /^[0-9]{1,5}$/.test(value) ? Number(value) : value;
    if (typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535) return port;
    return this.report(column, 'is not a port; expected a whole number from 1 to 65535');
  }

  refuseMisspelt(): void {
    for (const key of Object.keys(this.values)) {
      const meant = isKnown.has(key) ? undefined : misspelt(key);
      if (meant !== undefined && !Object.hasOwn(this.values, meant))
        this.report(key, `is not a column; did you mean ${meant}?`);
    }
  }

  private report(column: string, message: string): undefined {
    this.problems.push({ at: columnAddress(this.raw, column as WarehouseColumn), message });
    return undefined;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return value === undefined ? 'missing' : `a ${typeof value}`;
}
