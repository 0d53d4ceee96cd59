import type { Catalog } from '../catalog/catalog.ts';
import type { RejectedOrg } from '../catalog/fleet.ts';
import { namedInEarlierStages, stageOf } from '../catalog/rollout.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { compareVersions, imageVersion } from '../text/image-version.ts';
import { type Change, isNewImage } from './change.ts';
import { platformNames, type SubjectChange } from './grouping.ts';
import { namesOf, type OwnNames } from './own-names.ts';

/** An org as `status --output json` reports it. */
export interface ReportedOrg {
  readonly org: string | null;
  readonly verdict: string;
  /** Of its server. */
  readonly version: string | null;
}

/** A status of the fleet. `outdated`: why nothing in it counts. */
export interface ReportedStatus {
  readonly orgs: readonly ReportedOrg[];
  readonly outdated?: string;
}

/** An org of a stage before the last one that has begun. */
interface Earlier {
  readonly names: OwnNames;
  readonly isNamed?: boolean;
}

/**
 * When a roll-out gives its image to more orgs: checks that the orgs of the earlier stages have it already, are
 * registered and run it. An org that the status does not have fails the check.
 */
export class RolloutCheck {
  private readonly earlier: Earlier[] = [];
  /** Those whose orgs get the image. */
  private readonly stages = new Set<number>();
  /** Those that are rendered with the image. */
  private readonly seen = new Set<string>();

  constructor(private readonly platform: Platform) {}

  /** @param changes of an org that is committed already. */
  add(catalog: Catalog, changes: readonly Change[]): void {
    const { rollout } = this.platform;
    if (rollout === undefined || catalog.image !== rollout.image) return;
    this.seen.add(catalog.org);
    // An org may have the image before its stage, by its own setting.
    const stage = Math.min(stageOf(catalog.org, rollout) ?? rollout.stage, rollout.stage);
    if (changes.some(isNewImage)) this.stages.add(stage);
    else if (stage < rollout.stage) this.earlier.push({ names: namesOf(catalog) });
  }

  /** @param rejected an org that keeps what is committed of it. */
  addRejected({ org, name }: RejectedOrg): void {
    const { rollout } = this.platform;
    if (rollout === undefined || org === undefined) return;
    const stage = stageOf(org, rollout);
    if (stage === undefined || stage >= rollout.stage) return;
    this.seen.add(org);
    this.earlier.push({ names: { org, name: name ?? org } });
  }

  /**
   * @param status of the fleet; undefined when none was given.
   * @returns one change for each org that fails the check; one for the platform when several stages begin at once, or
   *   no status was given that counts.
   */
  changes(status: ReportedStatus | undefined): SubjectChange[] {
    const { rollout } = this.platform;
    const ofPlatform = (what: string): SubjectChange => ({ names: platformNames, change: { kind, what } });
    const stages = [...this.stages].sort((a, b) => a - b);
    const together = stages.length > 1 ? [ofPlatform(`stages ${stages.join(', ')} at once`)] : [];
    const earlier = [...this.earlier, ...this.namedOnly()];
    if (rollout === undefined || stages.length === 0 || earlier.length === 0) return together;
    const { orgs, outdated } = status ?? { orgs: [], outdated: 'no status was given (--status)' };
    if (outdated !== undefined) return [...together, ofPlatform(outdated)];
    const reported = new Map(orgs.map((one) => [one.org, one]));
    const failing = earlier.flatMap(({ names, isNamed }): SubjectChange[] => {
      const why = reasonOf(reported.get(names.org ?? null), rollout.image);
      if (why === undefined) return [];
      const what = isNamed && why === notReported ? `${why}, but named by rollout.stages` : why;
      return [{ names, change: { kind, what } }];
    });
    return [...together, ...failing];
  }

  /** Orgs that earlier stages name, and that are not rendered with the image: unknown, gone, new or pinned. */
  private namedOnly(): Earlier[] {
    return namedInEarlierStages(this.platform)
      .filter(({ org }) => !this.seen.has(org))
      .map((names) => ({ names, isNamed: true }));
  }
}

const kind = 'rolloutAheadOfStatus';
const notReported = 'not in the status';

/** Why an org fails the check; undefined when it passes. */
function reasonOf(reported: ReportedOrg | undefined, image: string): string | undefined {
  if (reported === undefined) return notReported;
  if (reported.verdict !== 'registered') return reported.verdict;
  const [wanted, runs] = [imageVersion(image), imageVersion(`:${reported.version}`)];
  // Of an image without a version, as one by its digest, the status knows only that its roll-out is over.
  if (wanted === undefined) return undefined;
  if (runs === undefined) return 'runs an unknown version';
  return compareVersions(wanted, runs) === 0 ? undefined : `runs ${reported.version}`;
}
