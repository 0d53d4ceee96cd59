import { secretKeys } from '../catalog/catalog.ts';
import { retiredState } from '../catalog/gate.ts';
import { orgKey, recordName, retireJobSuffix } from '../catalog/names.ts';
import { retiredLabel } from '../catalog/object-labels.ts';
import type { ObjectMetadata } from '../clients/kubernetes/kubernetes-client.ts';
import type { ConfigMapObject } from '../registration/objects/configmap-objects.ts';
import { decodeSecretValue, type SecretObject } from '../registration/objects/secret-objects.ts';
import { retirementFailureIn } from '../registration/row/retirement-record.ts';
import { jobFinding } from './cluster-findings.ts';
import type { FleetObservation } from './fleet-observation.ts';
import type { Observed } from './observed.ts';
import { retireCommand, synthCommand, unknownFinding } from './situation.ts';
import { type Finding, type OrgStatus, sorted, worst } from './verdict.ts';

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

/** Says of an org that retires whether that is recorded, or why it is not: what failed, or could not be read. */
export function withRetirement(status: OrgStatus, fleet: FleetObservation): OrgStatus {
  const { retiringIn } = status;
  if (status.verdict !== 'retiring' || retiringIn === undefined) return status;
  if (isRecorded(status, fleet)) {
    const what =
      'its retirement is recorded; with a status of now (status --output json > status.json), ' +
      `synth removes ${retiringIn}`;
    const command = `${synthCommand} --status status.json`;
    return {
      ...{ ...status, isRetired: true },
      findings: [{ verdict: 'retiring', subject: 'record', what, command }],
    };
  }
  const findings = sorted([
    ...failureFindings(status, fleet),
    ...retireJobFindings(status, fleet),
    ...unreadPlaces(fleet),
    ...status.findings,
  ]);
  return { ...status, verdict: worst(findings), findings };
}

function failureFindings(status: OrgStatus, fleet: FleetObservation): Finding[] {
  const [failure] = [...rowsOf(status, fleet), recordMapOf(status, fleet)?.data ?? {}].flatMap(
    (record) => retirementFailureIn(record) ?? [],
  );
  if (failure === undefined) return [];
  const verdict = failure.needsPerson ? 'broken' : 'waiting';
  return [{ verdict, subject: 'record', what: failure.what, command: commandFor(status) }];
}

function retireJobFindings(status: OrgStatus, { cluster }: FleetObservation): Finding[] {
  return valuesOf(cluster.hookJobs)
    .filter(({ metadata }) => metadata.name === `${status.name}${retireJobSuffix}`)
    .flatMap((job) => jobFinding(job, 'record', commandFor(status)));
}

function commandFor({ org }: OrgStatus): string | undefined {
  return org === undefined ? undefined : retireCommand(org);
}

/** Places that say whether a retirement is recorded or has failed, and that could not be read. */
function unreadPlaces({ cluster, tables }: FleetObservation): Finding[] {
  const places = [
    ['catalog', cluster.lakekeepers],
    ['Secret', cluster.secrets],
    ['record', cluster.configMaps],
    ['record', cluster.hookJobs],
    ...[...tables.values()].map((records) => ['row', records] as const),
  ] as const;
  return places.flatMap(([subject, place]) =>
    'unknown' in place ? unknownFinding(subject, place.unknown) : [],
  );
}

function isRecorded(status: OrgStatus, fleet: FleetObservation): boolean {
  const { lakekeepers, secrets } = fleet.cluster;
  // The record of a former retirement may be left of an org that came back: then its resource is there, or registration
  // took the label off the Secret.
  if ('unknown' in lakekeepers || 'unknown' in secrets) return false;
  const isThere = ({ metadata }: { readonly metadata: ObjectMetadata }) => metadata.name === status.name;
  if (valuesOf(lakekeepers).some(isThere)) return false;
  const secret = valuesOf(secrets).find(isThere);
  if (secret !== undefined && secret.metadata.labels?.[retiredLabel] === undefined) return false;
  return [...rowsOf(status, fleet), recordMapOf(status, fleet)?.data].some(
    (record) => record?.iceberg_state === retiredState,
  );
}

function rowsOf({ org }: OrgStatus, { tables }: FleetObservation): Readonly<Record<string, unknown>>[] {
  if (org === undefined) return [];
  return [...tables.values()].flatMap((records) => {
    const row = 'value' in records ? records.value.get(org) : undefined;
    return row === undefined ? [] : [row];
  });
}

function recordMapOf({ org, name }: OrgStatus, { cluster }: FleetObservation): ConfigMapObject | undefined {
  return valuesOf(cluster.configMaps).find(
    ({ metadata }) =>
      metadata.name === recordName(name) && (org === undefined || metadata.annotations?.[orgKey] === org),
  );
}

function valuesOf<T>(objects: Observed<ReadonlyMap<string, T>>): T[] {
  return 'unknown' in objects ? [] : [...objects.value.values()];
}
