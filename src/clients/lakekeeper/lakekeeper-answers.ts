import { LakekeeperError } from './lakekeeper-errors.ts';

export interface ServerInfo {
  readonly bootstrapped: boolean;
  readonly version: string;
  readonly authorizer: string;
  /** Id of the project of requests that name none, which may not exist yet; undefined if there is none by setting. */
  readonly defaultProject: string | undefined;
  /** The clouds for which the server may use the identity of its pods. */
  readonly systemIdentities: readonly ('aws' | 'azure' | 'gcp')[];
}

export interface ObservedWarehouse {
  readonly id: string;
  readonly name: string;
  readonly isActive: boolean;
  /** Whether it is protected from deletion. */
  readonly isProtected?: boolean;
  /** `instance-admin`: only instance admins may change it. Undefined before 0.13. */
  readonly managedBy?: string | undefined;
  readonly profile: StorageProfile;
  /** Such as `access-key`. Undefined without a credential, when its secret cannot be read, and always before 0.12. */
  readonly credentialType: string | undefined;
  /** What happens to the files of dropped tables: `{"type":"hard"}`. */
  readonly deleteProfile: StorageProfile;
}

/** A storage profile with the field names of Lakekeeper's API. */
export type StorageProfile = Readonly<Record<string, unknown>>;

/** A storage credential with the field names of Lakekeeper's API. */
export type StorageCredential = Readonly<Record<string, unknown>>;

/** What an engine receives when it attaches a warehouse. */
export interface CatalogConfig {
  /** Id of the warehouse. */
  readonly prefix: string | undefined;
  /** URL that engines send their requests to. */
  readonly uri: string | undefined;
}

/**
 * Fields: docs/facts/lakekeeper-management-api.md §2.1.
 *
 * @throws LakekeeperError if the answer is not Lakekeeper's.
 */
export function serverInfo(content: unknown): ServerInfo {
  const info = fieldsOf(content);
  const version = textOf(info['lakekeeper-version']) ?? textOf(info.version);
  const authorizer = textOf(info['authz-backend']);
  if (typeof info.bootstrapped !== 'boolean' || version === undefined || authorizer === undefined)
    throw new LakekeeperError('what answered is no Lakekeeper: its info has no version, or not what it runs');
  return {
    bootstrapped: info.bootstrapped,
    version,
    authorizer,
    defaultProject: textOf(info['default-project-id']),
    systemIdentities: (['aws', 'azure', 'gcp'] as const).filter(
      (cloud) => info[`${cloud}-system-identities-enabled`] === true,
    ),
  };
}

export function observedWarehouses(content: unknown): ObservedWarehouse[] {
  const { warehouses } = fieldsOf(content);
  if (!Array.isArray(warehouses)) throw new LakekeeperError('Lakekeeper listed no warehouses');
  return warehouses.map(observedWarehouse);
}

/** Fields: docs/facts/lakekeeper-management-api.md §5. */
export function observedWarehouse(content: unknown): ObservedWarehouse {
  const warehouse = fieldsOf(content);
  const id = textOf(warehouse['warehouse-id']) ?? textOf(warehouse.id);
  const name = textOf(warehouse.name);
  if (id === undefined || name === undefined)
    throw new LakekeeperError('Lakekeeper answered a warehouse without an id or a name');
  return {
    id,
    name,
    isActive: warehouse.status === 'active',
    isProtected: warehouse.protected === true,
    managedBy: textOf(warehouse['managed-by']),
    profile: fieldsOf(warehouse['storage-profile']),
    deleteProfile: fieldsOf(warehouse['delete-profile']),
    credentialType: textOf(fieldsOf(warehouse['storage-credential-type'])['credential-type']),
  };
}

/** Fields: docs/facts/lakekeeper-management-api.md §7.1. */
export function catalogConfig(content: unknown): CatalogConfig {
  const { defaults, overrides } = fieldsOf(content);
  return { prefix: textOf(fieldsOf(defaults).prefix), uri: textOf(fieldsOf(overrides).uri) };
}

/** The result of the server's test of its storage. */
export interface StorageReport {
  readonly isValid: boolean;
  /** `lakekeeper-read-write: AccessDenied: …`. */
  readonly failures: readonly string[];
}

/**
 * Fields: docs/facts/lakekeeper-management-api.md §6.
 *
 * @throws LakekeeperError if it is not a report.
 */
export function storageReport(content: unknown): StorageReport {
  const { valid, checks } = fieldsOf(content);
  if (typeof valid !== 'boolean' || !Array.isArray(checks))
    throw new LakekeeperError('Lakekeeper answered no report on its access to the storage');
  const failures = checks.map(fieldsOf).flatMap(({ name, status, error }) => {
    if (status !== 'failed') return [];
    const { type, message } = errorModel({ error: fieldsOf(error).error ?? error });
    return [`${textOf(name) ?? 'a check'}: ${[type, message].filter(Boolean).join(': ') || 'it failed'}`];
  });
  return { isValid: valid, failures: valid || failures.length > 0 ? failures : ['it is not valid'] };
}

/** Type and message of an error (docs/facts/lakekeeper-management-api.md §1); empty if the answer is not an error. */
export function errorModel(content: unknown): { type?: string | undefined; message?: string | undefined } {
  const { type, message } = fieldsOf(fieldsOf(content).error);
  return { type: textOf(type), message: textOf(message) };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
