import { overridesOf } from '../catalog/adoption.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { type ChosenOrgs, chooseOrgs } from '../catalog/chosen-orgs.ts';
import type { Fleet } from '../catalog/fleet.ts';
import { postgresName } from '../catalog/names.ts';
import { registrationInputs } from '../catalog/registration-inputs.ts';
import { desiredDirectories } from '../desired.ts';
import { type LeavingOrg, leavingOrgs } from '../leaving.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import { type DirectoryChange, diff } from '../tree/diff.ts';
import type { Asked } from './asked.ts';
import { synthCommand } from './due.ts';
import type { ObservedOrg } from './fleet-observation.ts';
import type { Comparison } from './observation.ts';
import type { Finding, OrgStatus } from './verdict.ts';

/** What source, settings and Git say of a fleet, before anything is asked of the cluster. */
export interface KnownOrgs {
  /** Those that have a catalog. */
  readonly orgs: readonly ObservedOrg[];
  /** Those that have none, and why: a record that is rejected, an org that leaves. */
  readonly others: readonly OrgStatus[];
  /** Orgs that are not meant to have a catalog: no news. */
  readonly skipped: number;
  readonly names: KnownNames;
}

/** What belongs to an org that is not looked at one by one. */
export interface KnownNames {
  /** Names of the catalogs of skipped orgs, and why. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Databases and roles, as they are called without an override. */
  readonly stores: ReadonlySet<string>;
  /** What names of databases and roles begin with. */
  readonly storePrefix: string;
  /** Whether every record says whose it is: one that does not may own anything. */
  readonly areComplete: boolean;
}

/**
 * @param orgs ids of those that are asked for; undefined for all.
 * @throws UsageError for one that the source has not.
 */
export async function knownOrgs(
  fleet: Fleet,
  platform: Platform,
  committed: CommittedFiles,
  orgs: readonly string[] | undefined,
): Promise<KnownOrgs> {
  const chosen = chooseOrgs(fleet, orgs);
  const leaving = await leavingOrgs(committed, fleet);
  const isChosen = ({ org }: LeavingOrg) => orgs === undefined || (org !== undefined && orgs.includes(org));
  return {
    orgs: await withManifests(chosen, platform, committed),
    others: [...chosen.rejected.map(rejected), ...leaving.orgs.filter(isChosen).map(left)],
    skipped: chosen.skipped.length,
    names: namesOf(fleet, leaving.orgs, platform),
  };
}

function namesOf(
  { skipped, rejected: bad }: Fleet,
  leaving: readonly LeavingOrg[],
  platform: Platform,
): KnownNames {
  const ids = [...skipped, ...bad, ...leaving].flatMap(({ org }) =>
    org === undefined ? [] : [org as OrgId],
  );
  const databases = ids.map(
    (org) => overridesOf(org, platform).database ?? postgresName(org, platform.prefix),
  );
  return {
    skipped: new Map(skipped.map(({ name, reason }) => [name, reason])),
    stores: new Set([...databases, ...ids.map((org) => postgresName(org, platform.prefix))]),
    storePrefix: `${platform.prefix.replaceAll('-', '_')}_`,
    areComplete: bad.every(({ org }) => org !== undefined),
  };
}

async function withManifests(
  chosen: ChosenOrgs,
  platform: Platform,
  committed: CommittedFiles,
): Promise<ObservedOrg[]> {
  const found: ObservedOrg[] = [];
  const isThere = committed.directories.size > 0;
  for await (const change of diff(committed, desiredDirectories(chosen, platform), new Set())) {
    const catalog = change.desired?.catalog;
    if (catalog === undefined) continue;
    const seen: Asked<Comparison> = isThere
      ? { value: comparison(change) }
      : {
          unknown: `there are no manifests in ${committed.against.directory}; name the directory with --out`,
        };
    found.push(observedOrg(catalog, platform, seen, fingerprintIn(change)));
  }
  return found;
}

function observedOrg(
  catalog: Catalog,
  platform: Platform,
  committed: Asked<Comparison>,
  fingerprint: string | undefined,
): ObservedOrg {
  const { workerNamespace: namespace, workerLabels: labels } = catalog.names;
  return {
    inputs: registrationInputs(catalog, platform),
    committed,
    fingerprint,
    workers: { namespace, labels },
  };
}

function comparison({ from, files }: DirectoryChange): Comparison {
  if (from === undefined) return 'missing';
  return files.every(({ change }) => change === 'unchanged') ? 'same' : 'differs';
}

/** As it is written: to read all of the YAML would take most of the time. */
function fingerprintIn({ files }: DirectoryChange): string | undefined {
  const text = files.find(({ path }) => path.endsWith('/registration.yaml'))?.text ?? '';
  return /^ {2}fingerprint: ([0-9a-f]{64})$/m.exec(text)?.[1];
}

function rejected({ org, name, problems }: Fleet['rejected'][number]): OrgStatus {
  const findings: Finding[] = problems.map(({ at, message }) => ({
    verdict: 'broken',
    subject: 'record',
    what: `${at}: ${message}`,
  }));
  return { org, name: name ?? '(unknown)', namespace: undefined, verdict: 'broken', findings };
}

function left({ org, name, directory, isSkipped }: LeavingOrg): OrgStatus {
  const why = isSkipped ? 'its row says that it is to have no catalog' : 'it has no row any more';
  const what = `${why}; the next synth removes ${directory}`;
  return {
    ...{ org, name, namespace: undefined, verdict: 'retiring' },
    findings: [{ verdict: 'retiring', subject: 'record', what, command: synthCommand }],
  };
}
