import { columnAddress } from '../mapping/raw-record.ts';
import type { Overrides, Platform } from '../platform/platform-settings.ts';
import { expand } from '../platform/setting-template.ts';
import type { OrgId, WarehouseRecord } from '../source/warehouse-record.ts';
import type { Problem } from '../text/problem.ts';
import { retiredState } from './gate.ts';
import {
  isCatalogName,
  kubernetesName,
  lakekeeperWarehouseName,
  legacyDatabaseName,
  nameLimits,
  orgSlug,
  postgresName,
} from './names.ts';

/** The fields of a record that show where its org is registered. */
export type Registered = Pick<WarehouseRecord, 'at' | 'names' | 'org' | 'recorded'>;

/** The names of an org's catalog: as registered, or as derived for a new org. */
export interface Adopted {
  readonly kubernetes: string;
  readonly database: string;
  readonly lakekeeperWarehouse: string;
  readonly problems: readonly Problem[];
}

/** The overrides for an org. Only own properties count: an org may be called `constructor`. */
export function overridesOf(org: OrgId, { orgs }: Platform): Overrides {
  return (Object.hasOwn(orgs, org) ? orgs[org] : undefined) ?? {};
}

/**
 * Decides the names of an org: an override, else the names in its row, else the derived ones. The row comes before the
 * derived names because a catalog with another name would be a new, empty one.
 */
export function adopt(record: Registered, platform: Platform): Adopted {
  const overrides = overridesOf(record.org, platform);
  const derived = kubernetesName(record.org, platform.prefix);
  const recorded = overrides.name ?? recordedName(record, platform, derived);
  const problem = typeof recorded === 'object' ? [recorded] : [];
  const kubernetes = typeof recorded === 'string' ? recorded : derived;
  const warehouse = recordedWarehouse(record);
  return {
    kubernetes,
    database:
      overrides.database ??
      (kubernetes === derived ? undefined : legacyDatabaseName(record.org, kubernetes)) ??
      postgresName(record.org, platform.prefix),
    lakekeeperWarehouse:
      overrides.lakekeeperWarehouse ??
      (typeof warehouse === 'string' ? warehouse : lakekeeperWarehouseName(record.org)),
    problems: [
      ...problem,
      ...(overrides.lakekeeperWarehouse === undefined && typeof warehouse === 'object' ? [warehouse] : []),
    ],
  };
}

/** The name of an org's catalog, decided as by `adopt`. */
export function catalogName(record: Registered, platform: Platform): string {
  const override = overridesOf(record.org, platform).name;
  if (override !== undefined) return override;
  const derived = kubernetesName(record.org, platform.prefix);
  const recorded = recordedName(record, platform, derived);
  return typeof recorded === 'string' ? recorded : derived;
}

/**
 * The name in the host of the recorded endpoint, or a problem with it; undefined when none is recorded. Retirement
 * clears the endpoint: an org that comes back has the name of its Secret, which is the catalog's.
 */
function recordedName(
  { at, names, recorded, org }: Registered,
  platform: Platform,
  derived: string,
): string | Problem | undefined {
  const { endpoint } = recorded;
  const remedy = `state the catalog's name as orgs.${JSON.stringify(org)}.name in the platform settings`;
  if (endpoint === undefined) return retiredName({ at, names, recorded }, remedy);
  const address = columnAddress({ at, names }, 'iceberg_lakekeeper_endpoint');
  const namespaceOf = (name: string) => (platform.tenancy === 'sharedNamespace' ? platform.namespace : name);
  const derivedURI = expand(platform.catalog.server.baseURI, {
    name: derived,
    org: orgSlug(org),
    namespace: namespaceOf(derived),
  });
  if (endpoint === `${derivedURI}/catalog`) return derived;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    return {
      at: address,
      message: `is not an http(s) URL without credentials; correct the row, or ${remedy}`,
    };
  const [name = '', namespace = '', svc] = url.hostname.split('.');
  if (svc !== 'svc')
    return {
      at: address,
      message: `has the host ${url.hostname}; expected <name>.<namespace>.svc. To keep that catalog, ${remedy}`,
    };
  if (!isCatalogName(name))
    return {
      at: address,
      message:
        `names the catalog ${name}; expected a DNS label of at most ${nameLimits.kubernetes} ` +
        `characters. To render it under another name, ${remedy}`,
    };
  if (namespace !== namespaceOf(name))
    return {
      at: address,
      message:
        `is in the namespace ${namespace}; the settings say ${namespaceOf(name)}. Correct the ` +
        `settings, or move the org and ${remedy}`,
    };
  return name;
}

/** The name of the catalog of an org that is retired, or a problem with it. */
function retiredName(
  { at, names, recorded: { catalogState, secretName } }: Pick<Registered, 'at' | 'names' | 'recorded'>,
  remedy: string,
): string | Problem | undefined {
  if (catalogState !== retiredState || secretName === undefined) return undefined;
  if (isCatalogName(secretName)) return secretName;
  return {
    at: columnAddress({ at, names }, 'iceberg_lakekeeper_client_credentials_name'),
    message: `is no name of a catalog, and the org is retired. To have it come back, correct it, or ${remedy}`,
  };
}

function recordedWarehouse({ at, names, recorded }: Registered): string | Problem | undefined {
  const isRecorded = recorded.endpoint !== undefined || recorded.catalogState === retiredState;
  if (!isRecorded || recorded.lakekeeperWarehouse === undefined) return undefined;
  // The catalog reads a name with a slash as <project>/<warehouse> (docs/facts/lakekeeper-management-api.md §4.1).
  if (/^[A-Za-z0-9._-]{1,128}$/.test(recorded.lakekeeperWarehouse)) return recorded.lakekeeperWarehouse;
  return {
    at: columnAddress({ at, names }, 'iceberg_lakekeeper_warehouse'),
    message: 'is not a warehouse name; expected 1 to 128 letters, digits, dots, hyphens and underscores',
  };
}
