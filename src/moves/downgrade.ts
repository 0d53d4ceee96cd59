import { overridesOf } from '../catalog/adoption.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { rolloutImage, stageOf } from '../catalog/rollout.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import { compareVersions, type ImageVersion, imageVersion } from '../text/image-version.ts';
import type { Problem } from '../text/problem.ts';

/**
 * Patch releases of Lakekeeper with other migrations than the one before (docs/facts/lakekeeper-versions.md §3). A
 * release with a new minor version has others too.
 */
const patchesThatMigrate = [
  { major: 0, minor: 10, patch: 1 },
  { major: 0, minor: 11, patch: 2 },
  { major: 0, minor: 12, patch: 3 },
];

/**
 * Whether the migration of an image refuses a database that another image has migrated. An image without a version is
 * not known to.
 */
export function refusesDatabaseOf(former: string, image: string): boolean {
  const [from, to] = [imageVersion(former), imageVersion(image)];
  if (from === undefined || to === undefined || compareVersions(to, from) >= 0) return false;
  return minorOf(to) !== minorOf(from) || patchesThatMigrate.some((patch) => isBetween(to, patch, from));
}

function minorOf({ major, minor }: ImageVersion): string {
  return `${major}.${minor}`;
}

function isBetween(
  older: ImageVersion,
  version: Pick<ImageVersion, 'major' | 'minor' | 'patch'>,
  newer: ImageVersion,
): boolean {
  return compareVersions(older, version) < 0 && compareVersions(version, newer) <= 0;
}

/**
 * The image of an org whose migration would refuse its database, at the setting that decides on it.
 *
 * @param former the image that is committed.
 */
export function downgradeProblems(former: string, { org, image }: Catalog, platform: Platform): Problem[] {
  if (!refusesDatabaseOf(former, image)) return [];
  const message =
    `is ${image}; expected ${former}, as before, or newer: the migration of an older image refuses a database that a ` +
    'newer one has migrated. It keeps its files; docs/moves.md says how to go back';
  return [{ at: imageSetting(former, org, platform), message }];
}

function imageSetting(former: string, org: OrgId, platform: Platform): string {
  if (overridesOf(org, platform).image !== undefined) return `orgs.${JSON.stringify(org)}.image`;
  if (rolloutImage(org, platform) !== undefined) return 'rollout.image';
  const { rollout } = platform;
  const hadIt = former === rollout?.image && stageOf(org, rollout) !== undefined;
  return hadIt ? 'rollout.stage' : 'catalog.image';
}
