import { overridesOf } from '../catalog/adoption.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { stageOf } from '../catalog/rollout.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { keyForMessage } from '../text/credential-form.ts';
import { compareVersions, type ImageVersion, imageVersion } from '../text/image-version.ts';

/** Orgs whose image one setting makes older. The images are those of the first one. */
export interface Downgrade {
  readonly orgs: string[];
  readonly from: string;
  readonly to: string;
}

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

/** The setting that decides on the image of an org. */
export function imageSetting({ org }: Pick<Catalog, 'org'>, platform: Platform): string {
  if (overridesOf(org, platform).image !== undefined) return `orgs.${JSON.stringify(org)}.image`;
  const { rollout } = platform;
  return rollout !== undefined && stageOf(org, rollout) !== undefined ? 'rollout.stage' : 'catalog.image';
}

/** What is wrong with a setting, and the ways out. */
export function inWords(setting: string, { orgs: [first = '', ...others], from, to }: Downgrade): string {
  const more = others.length === 1 ? ' and 1 other org' : ` and ${others.length} other orgs`;
  return (
    `${setting}: is ${to} for ${keyForMessage(first)}${others.length === 0 ? '' : more}; expected ${from}, ` +
    'as before, or newer: the migration of an older image refuses a database that a newer one has migrated. Put the ' +
    'newer image back, for single orgs by orgs.<org id>.image; or restore backups of the databases from before the ' +
    'upgrade, and name the orgs in moves.confirm (docs/moves.md). Until then they keep their files'
  );
}
