import { secretKeys } from '../catalog/catalog.ts';
import { retiredState } from '../catalog/gate.ts';
import { orgKey, recordName } from '../catalog/names.ts';
import { retiredLabel } from '../catalog/object-labels.ts';
import { decodeSecretValue, type SecretObject } from '../registration/objects/secret-objects.ts';
import type { FleetObservation } from './fleet-observation.ts';
import type { Observed } from './observed.ts';
import type { OrgStatus } from './verdict.ts';

/** Secrets of orgs that are retired, and whose databases are kept. */
export function retiredSecrets({ cluster }: FleetObservation): SecretObject[] {
  return valuesOf(cluster.secrets).filter(({ metadata }) => metadata.labels?.[retiredLabel] !== undefined);
}

/** Names of databases and roles that are kept for orgs that are retired. */
export function keptStores(fleet: FleetObservation): ReadonlySet<string> {
  const roles = retiredSecrets(fleet).flatMap(({ data = {} }) => {
    const role = decodeSecretValue(data[secretKeys.user] ?? '');
    return role ? [role] : [];
  });
  const databases = [...fleet.stores.values()].flatMap((server) =>
    'unknown' in server
      ? []
      : [...server.value.databases].flatMap(([name, { owner }]) => (roles.includes(owner) ? [name] : [])),
  );
  return new Set([...roles, ...databases]);
}

/** Says of an org that leaves whether its retirement is recorded. */
export function withRetirement(status: OrgStatus, fleet: FleetObservation): OrgStatus {
  if (status.verdict !== 'retiring' || !isRecorded(status, fleet)) return status;
  return { ...status, isRetired: true };
}

function isRecorded({ org, name }: OrgStatus, { cluster, tables }: FleetObservation): boolean {
  const inRow = [...tables.values()].some(
    (records) =>
      org !== undefined && 'value' in records && records.value.get(org)?.iceberg_state === retiredState,
  );
  if (inRow) return true;
  // The record of a former retirement may be left of an org that came back: registration took the label off.
  const secret = valuesOf(cluster.secrets).find(({ metadata }) => metadata.name === name);
  if (secret !== undefined && secret.metadata.labels?.[retiredLabel] === undefined) return false;
  return valuesOf(cluster.configMaps).some(
    ({ metadata, data }) =>
      metadata.name === recordName(name) &&
      (org === undefined || metadata.annotations?.[orgKey] === org) &&
      data?.iceberg_state === retiredState,
  );
}

function valuesOf<T>(objects: Observed<ReadonlyMap<string, T>>): T[] {
  return 'unknown' in objects ? [] : [...objects.value.values()];
}
