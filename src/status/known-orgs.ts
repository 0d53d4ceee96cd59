import { overridesOf } from '../catalog/adoption.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { type ChosenOrgs, chooseOrgs } from '../catalog/chosen-orgs.ts';
import type { Fleet } from '../catalog/fleet.ts';
import { postgresName } from '../catalog/names.ts';
import { type RegistrationInputs, registrationInputs } from '../catalog/registration-inputs.ts';
import { desiredDirectories } from '../desired.ts';
import { type Leaver, leaversOf } from '../leavers/leavers.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import { type DirectoryChange, diff } from '../tree/diff.ts';
import type { ObservedOrg } from './fleet-observation.ts';
import type { Comparison } from './observation.ts';
import type { Observed } from './observed.ts';
import { synthCommand } from './situation.ts';
import type { Finding, OrgStatus } from './verdict.ts';

/** The fleet by source, settings and Git, without the cluster. */
export interface KnownOrgs {
  /** Orgs with a catalog. */
  readonly orgs: readonly ObservedOrg[];
  /** What is committed of the orgs that retire. */
  readonly retiring: readonly RegistrationInputs[];
  /** Orgs without a catalog, with the reason: a rejected record, or an org that is removed. */
  readonly others: readonly OrgStatus[];
  /** Number of orgs that have no catalog by their rows. */
  readonly skipped: number;
  readonly names: KnownNames;
}

/** Names that belong to orgs without a status of their own. */
interface KnownNames {
  /** Names of the catalogs of skipped orgs, and why. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Names of databases and roles. */
  readonly stores: ReadonlySet<string>;
  /** Prefix of the names of databases and roles. */
  readonly storePrefix: string;
  /** Whether every record has an org id. A record without one may own any object. */
  readonly areComplete: boolean;
}

/**
 * @param orgs ids of the wanted orgs; undefined for all.
 * @throws UsageError for an org that is neither in the source nor committed.
 */
export async function knownOrgs(
  fleet: Fleet,
  platform: Platform,
  committed: CommittedFiles,
  orgs: readonly string[] | undefined,
): Promise<KnownOrgs> {
  const leavers = await leaversOf(committed, fleet, platform);
  const chosen = chooseOrgs(fleet, orgs, [...leavers.orgs, ...leavers.fleet.rejected]);
  const isChosen = ({ org }: Pick<Leaver, 'org'>) =>
    orgs === undefined || (org !== undefined && orgs.includes(org));
  const refused = leavers.fleet.rejected.filter((one) => !fleet.rejected.includes(one));
  // What a refused org would have is not rendered.
  const catalogs = chosen.catalogs.filter((one) => leavers.fleet.catalogs.includes(one));
  return {
    orgs: await withManifests({ ...chosen, catalogs }, platform, committed),
    retiring: leavers.orgs.filter(isChosen).flatMap(({ retiring }) => retiring?.inputs.registration ?? []),
    others: [
      ...[...chosen.rejected, ...refused.filter(isChosen)].map(rejected),
      ...leavers.orgs.filter(isChosen).map((one) => left(one, leavers.reasonToHoldBack)),
    ],
    skipped: chosen.skipped.length,
    names: namesOf(leavers.fleet, leavers.orgs, platform),
  };
}

function namesOf(
  { skipped, rejected: bad }: Fleet,
  leaving: readonly Leaver[],
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
  const hasManifests = committed.directories.size > 0;
  for await (const change of diff(committed, desiredDirectories(chosen, platform), new Set())) {
    const catalog = change.desired?.catalog;
    if (catalog === undefined) continue;
    const seen: Observed<Comparison> = hasManifests
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
  committed: Observed<Comparison>,
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

/**
 * Found by a pattern: parsing the YAML would take most of the time. A copy, because a part of a string keeps the whole
 * string in memory: the manifest of every org.
 */
function fingerprintIn({ files }: DirectoryChange): string | undefined {
  const text = files.find(({ path }) => path.endsWith('/registration.yaml'))?.text ?? '';
  const [, found] = /^ {2}fingerprint: ([0-9a-f]{64})$/m.exec(text) ?? [];
  return found === undefined ? undefined : Buffer.from(found, 'hex').toString('hex');
}

function rejected({ org, name, problems }: Fleet['rejected'][number]): OrgStatus {
  const findings: Finding[] = problems.map(({ at, message }) => ({
    verdict: 'broken',
    subject: 'record',
    what: `${at}: ${message}`,
  }));
  return { org, name: name ?? '(unknown)', namespace: undefined, verdict: 'broken', findings };
}

/** @param held why synth would begin no retirement: the source is more likely wrong than the org gone. */
function left(
  { org, name, directory, skipped, progress, retiring }: Leaver,
  held: string | undefined,
): OrgStatus {
  const why = skipped ? 'its row says that the org has no catalog' : 'it has no row any more';
  const isHeld = held !== undefined && (progress === 'begins' || progress === 'moved');
  if (isHeld) return heldBack({ org, name }, progress === 'moved' ? 'it has another name now' : why, held);
  const former = retiring?.inputs.recordedBefore
    ? `. The row has the record of a former retirement: synth --status removes ${directory}`
    : '';
  const what: Record<Leaver['progress'], string> = {
    begins: `${why}; the next synth begins its retirement`,
    continues: `${why}; it retires when Argo CD has pruned its resource, which a person confirms there${former}`,
    ended: `it is retired; the next synth removes ${directory}`,
    moved: `it has another name now; the next synth removes ${directory}`,
  };
  const command = progress === 'continues' ? undefined : synthCommand;
  return {
    ...{ org, name, namespace: undefined, verdict: 'retiring', isRetired: progress === 'ended' },
    ...(progress === 'continues' && { retiringIn: directory }),
    findings: [{ verdict: 'retiring', subject: 'record', what: what[progress], command }],
  };
}

function heldBack(org: Pick<OrgStatus, 'org' | 'name'>, why: string, held: string): OrgStatus {
  const what =
    `${why}, and synth changes nothing, because ${held}. Check the source; if the removal is intended, run synth ` +
    'with --allow-removal';
  const finding: Finding = { verdict: 'broken', subject: 'record', what };
  return { ...org, namespace: undefined, verdict: 'broken', findings: [finding] };
}
