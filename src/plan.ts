import { basename } from 'node:path';
import { desiredDirectories } from './desired.ts';
import { applicationChanges } from './explain/application-change.ts';
import { stagesOf } from './explain/authentication-stages.ts';
import { directoryChanges } from './explain/directory-changes.ts';
import { changesOf, grouped, platformNames, type SubjectChange } from './explain/grouping.ts';
import { type Member, member, membershipChanges } from './explain/membership.ts';
import { sharedPolicies } from './explain/network-change.ts';
import { namesOf } from './explain/own-names.ts';
import type { Plan } from './explain/plan-schema.ts';
import { retirementChanges, returnChanges } from './explain/retirement-change.ts';
import { highestRisk } from './explain/risk.ts';
import { type ReportedStatus, RolloutCheck } from './explain/rollout-change.ts';
import { sharedChanges } from './explain/shared-changes.ts';
import { unrendered } from './explain/unrendered.ts';
import { leaversOf, type ReportedRetirements } from './leavers/leavers.ts';
import { MoveCheck } from './moves/move-check.ts';
import { type FleetInputs, readFleet } from './read-fleet.ts';
import { type CommittedFiles, directoriesByOrg } from './tree/committed-files.ts';
import { diff, filePairs } from './tree/diff.ts';
import { version } from './version.ts';

/**
 * Plan: derive, render, diff, explain. This file is the flow; what a difference means is for `explain/` to say, from
 * the objects alone.
 */
export interface PlanInputs extends FleetInputs {
  readonly committed: CommittedFiles;
  /** Whether synth would go on although the source is empty, or many orgs would leave at once. */
  readonly allowRemoval: boolean;
  /** Of the fleet, for the roll-out of an image and for recorded retirements. */
  readonly status?: (ReportedRetirements & ReportedStatus) | undefined;
}

export async function plan(inputs: PlanInputs): Promise<Plan> {
  const { platform, committed, allowRemoval } = inputs;
  const fleet = await readFleet(inputs);
  const leavers = await leaversOf(committed, fleet, platform, inputs.status);
  const files = { created: 0, updated: 0, removed: 0, unchanged: 0 };
  const foreignFiles: string[] = [];
  const changes: SubjectChange[] = [];
  const coming: Member[] = [];
  const going = new Map<string, Member>();
  const rollout = new RolloutCheck(platform);
  let explain = sharedChanges([]);
  let changed = 0;

  const desired = desiredDirectories(leavers.fleet, platform, { retiring: leavers.retiring });
  const moves = new MoveCheck(committed, platform);
  for await (const change of moves.allowed(diff(committed, desired, leavers.removed))) {
    for (const file of change.files) files[file.change] += 1;
    foreignFiles.push(...change.foreign);
    const pairs = await filePairs(committed, change);
    if (change.desired === undefined) {
      const name = basename(change.directory);
      const texts = pairs.flatMap(({ before }) => before ?? []);
      if (texts.length > 0) going.set(name, member({ name }, texts));
      continue;
    }
    const { catalog, retiring } = change.desired;
    const texts = change.desired.files.map(({ text }) => text);
    if (retiring !== undefined) {
      changes.push(...changesOf(namesOf(retiring), retirementChanges(retiring, pairs)));
      continue;
    }
    if (catalog === undefined) {
      explain = sharedChanges(sharedPolicies(texts));
      changes.push(...changesOf(platformNames, directoryChanges(pairs)));
      continue;
    }
    const own = namesOf(catalog);
    if (change.from === undefined) {
      coming.push(member(own, texts));
      continue;
    }
    const ofCatalog = returnChanges(pairs, own) ?? explain(pairs, catalog);
    const ofOrg = [...applicationChanges(change.files, change.directory), ...ofCatalog];
    if (ofOrg.length > 0) changed += 1;
    rollout.add(catalog, ofOrg);
    changes.push(...changesOf(own, ofOrg));
  }

  const decided = moves.fleet(leavers.fleet);
  const directories = directoriesByOrg(committed);
  for (const one of decided.rejected) if (directories.has(one.name ?? '')) rollout.addRejected(one);
  const membership = membershipChanges(coming, [...going.values()]);
  const moved = membership.filter(({ change }) => change.kind === 'catalogMoved').length;
  const held = allowRemoval ? undefined : leavers.reasonToHoldBack;
  const planned = grouped([...changes, ...membership, ...rollout.changes(inputs.status)]);
  return {
    version: 1,
    program: { version, registrationImage: platform.registration.image },
    against: committed.against,
    risk: held === undefined ? highestRisk(planned.map(({ risk }) => risk)) : 'critical',
    orgs: {
      desired: decided.catalogs.length,
      added: coming.length - moved,
      ...leavers.counts,
      changed: changed + moved,
      unchanged: decided.catalogs.length - coming.length - changed,
    },
    authentication: stagesOf(decided.catalogs),
    files,
    heldBack: held ?? null,
    changes: planned,
    ...unrendered(decided),
    foreignFiles: foreignFiles.sort(),
  };
}
