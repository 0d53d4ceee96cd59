import type { Catalog } from '../catalog/catalog.ts';
import { stageOf } from '../catalog/rollout.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { compareVersions, imageVersion } from '../text/image-version.ts';
import { type Change, isNewImage } from './change.ts';
import { platformNames, type SubjectChange } from './grouping.ts';
import { namesOf } from './own-names.ts';

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

/**
 * When a roll-out gives its image to more orgs: checks that the orgs of the earlier stages are registered and run it.
 * An org that the status does not have fails the check.
 */
export class RolloutCheck {
  private readonly earlier: Catalog[] = [];
  private hasMore = false;

  /** @param changes of an org that is committed already. */
  add(catalog: Catalog, changes: readonly Change[], { rollout }: Platform): void {
    if (rollout === undefined || catalog.image !== rollout.image) return;
    if (changes.some(isNewImage)) this.hasMore = true;
    else if ((stageOf(catalog.org, rollout) ?? rollout.stage) < rollout.stage) this.earlier.push(catalog);
  }

  /**
   * @param status of the fleet; undefined when none was given.
   * @returns one change for each org that fails the check; one for the platform when no status was given that counts.
   */
  changes(status: ReportedStatus | undefined): SubjectChange[] {
    if (!this.hasMore || this.earlier.length === 0) return [];
    const kind = 'rolloutAheadOfStatus';
    const { orgs, outdated } = status ?? { orgs: [], outdated: 'no status was given (--status)' };
    if (outdated !== undefined) return [{ names: platformNames, change: { kind, what: outdated } }];
    const reported = new Map(orgs.map((one) => [one.org, one]));
    return this.earlier.flatMap(({ org, names, image }): SubjectChange[] => {
      const what = reasonOf(reported.get(org), image);
      return what === undefined ? [] : [{ names: namesOf({ org, names }), change: { kind, what } }];
    });
  }
}

/** Why an org fails the check; undefined when it passes. */
function reasonOf(reported: ReportedOrg | undefined, image: string): string | undefined {
  if (reported === undefined) return 'not in the status';
  if (reported.verdict !== 'registered') return reported.verdict;
  const [wanted, runs] = [imageVersion(image), imageVersion(`:${reported.version}`)];
  if (wanted === undefined || runs === undefined || compareVersions(wanted, runs) === 0) return undefined;
  return `runs ${reported.version}`;
}
