import { basename } from 'node:path';
import { deriveFleet } from './catalog/fleet.ts';
import { orgDirectory } from './catalog/org-directory.ts';
import type { CommittedTree } from './committed/committed-tree.ts';
import { compareDirectory, type DirectoryDifference, otherDirectories } from './committed/compare.ts';
import { desiredOrgs, desiredPlatform, leavingOrgs, reasonToHoldBack } from './desired.ts';
import { applicationChange } from './explain/application-change.ts';
import { directoryChanges } from './explain/directory-changes.ts';
import { grouped, platformNames, type SubjectChange } from './explain/grouping.ts';
import { type Member, member, membershipChanges } from './explain/membership.ts';
import { sharedPolicies } from './explain/network-change.ts';
import type { OwnNames } from './explain/own-names.ts';
import type { Plan } from './explain/plan-schema.ts';
import { highestRisk } from './explain/risk.ts';
import { type FleetInputs, readRoster } from './fleet.ts';
import type { RenderedFile } from './output/rendered-file.ts';

/**
 * Plan: what synth would write, beside what is committed, as what applying it does. This file is the flow; what a difference means is
 * for `plan/` to say, from the objects alone.
 */
export interface PlanInputs extends FleetInputs {
  readonly committed: CommittedTree;
  /** Whether synth would go on although the source is empty, or many orgs would go at once. */
  readonly allowRemoval: boolean;
}

export async function plan(inputs: PlanInputs): Promise<Plan> {
  const { platform, committed, allowRemoval } = inputs;
  const roster = await readRoster(inputs);
  const derivation = deriveFleet(roster);
  const tally = new Tally();
  const changes: SubjectChange[] = [];
  const coming: Member[] = [];

  const shared = await desiredPlatform(platform);
  const policies = sharedPolicies(shared.map(({ text }) => text));
  const inPlatform = tally.add(await compareDirectory(committed, 'platform', shared));
  changes.push(...of(platformNames, directoryChanges(inPlatform.pairs)));

  const places = placesOfOrgs(committed);
  const seen = new Set<string>();
  let changed = 0;
  for (const { catalog, render } of desiredOrgs(derivation, platform)) {
    const files = await render();
    const { org, names } = catalog;
    const own = { org, name: names.kubernetes, label: names.orgLabel };
    const directory = orgDirectory(own.name, platform);
    const from = committed.directories.has(directory) ? directory : (places.get(own.name) ?? directory);
    for (const place of [directory, from]) seen.add(place);
    const found = tally.add(await compareDirectory(committed, directory, files, from));
    const here = [...applicationChange(from, directory), ...directoryChanges(found.pairs, policies)];
    if (found.isNew) coming.push(member(own, textsOf(files)));
    else if (here.length > 0) {
      changed += 1;
      changes.push(...of(own, here));
    }
  }

  const { fleet } = derivation;
  const others = new Map<string, Member & { files: number }>();
  const staying = new Set(fleet.orgs.map(({ name }) => name));
  for await (const { directory, ours, foreign } of otherDirectories(committed, seen)) {
    tally.foreignFiles.push(...foreign);
    const name = basename(directory);
    // The org is committed in two places, and stays in one.
    if (staying.has(name)) tally.files.removed += ours.length;
    else if (ours.length > 0) others.set(name, { ...member({ name }, textsOf(ours)), files: ours.length });
  }
  const leaving = await leavingOrgs(others.keys(), fleet, async (name) => others.get(name)?.names.org);
  const going = leaving.flatMap(({ name }) => others.get(name) ?? []);
  for (const { files } of going) tally.files.removed += files;

  const membership = membershipChanges(coming, going);
  const moved = membership.filter(({ change }) => change.kind === 'catalogMoved').length;
  const present = fleet.size - coming.length;
  const held = allowRemoval
    ? undefined
    : reasonToHoldBack(roster.size, leaving.length, present + others.size);
  const planned = grouped([...changes, ...membership]);
  return {
    version: 1,
    against: committed.against,
    risk: held === undefined ? highestRisk(planned.map(({ risk }) => risk)) : 'critical',
    orgs: {
      desired: fleet.size,
      added: coming.length - moved,
      leaving: leaving.length - moved,
      changed: changed + moved,
      unchanged: present - changed,
    },
    files: tally.files,
    heldBack: held ?? null,
    changes: planned,
    rejected: fleet.rejected.map(({ org, problems }) => ({
      org: org ?? null,
      problems: problems.map(({ at, message }) => ({ at, message })),
    })),
    skipped: fleet.skipped.map(({ org, reason, keep }) => ({ org, reason, keep })),
    foreignFiles: tally.foreignFiles.sort(),
    unknownOverrides: [...fleet.unknownOverrides],
  };
}

/** Where orgs are committed, by the names of their catalogs. */
function placesOfOrgs({ directories }: CommittedTree): Map<string, string> {
  const ofOrgs = [...directories.keys()].filter((directory) => directory !== 'platform');
  return new Map(ofOrgs.map((directory) => [basename(directory), directory]));
}

/** What is counted over all directories. */
class Tally {
  readonly files = { created: 0, updated: 0, removed: 0, unchanged: 0 };
  readonly foreignFiles: string[] = [];

  add(difference: DirectoryDifference): DirectoryDifference {
    for (const outcome of ['created', 'updated', 'removed', 'unchanged'] as const)
      this.files[outcome] += difference.counts[outcome];
    this.foreignFiles.push(...difference.foreign);
    return difference;
  }
}

function of(names: OwnNames, changes: readonly SubjectChange['change'][]): SubjectChange[] {
  return changes.map((change) => ({ names, change }));
}

function textsOf(files: readonly Pick<RenderedFile, 'text'>[]): string[] {
  return files.map(({ text }) => text);
}
