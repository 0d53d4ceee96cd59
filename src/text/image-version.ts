/**
 * The version that the tag of a container image names: `v0.12.2-distroless` is 0.12.2 with the suffix `-distroless`.
 */
export interface ImageVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** What follows the numbers in the tag: a pre-release or a variant. Empty for a plain release. */
  readonly suffix: string;
}

/**
 * Parses the version in the tag of an image reference, with or without a leading `v`. A digest after the tag is
 * ignored.
 *
 * @returns undefined when there is no tag, or when it is not a version of three numbers.
 */
export function imageVersion(reference: string): ImageVersion | undefined {
  const match = /:v?(\d+)\.(\d+)\.(\d+)([-+][^@:/]*)?(?:@[^/]*)?$/.exec(reference);
  if (match === null) return undefined;
  const [, major, minor, patch, suffix = ''] = match;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), suffix };
}

/** Below zero when `a` is older than `b`, above zero when it is newer. Suffixes are not compared. */
export function compareVersions(
  a: Pick<ImageVersion, 'major' | 'minor'> & { readonly patch?: number },
  b: Pick<ImageVersion, 'major' | 'minor'> & { readonly patch?: number },
): number {
  return a.major - b.major || a.minor - b.minor || (a.patch ?? 0) - (b.patch ?? 0);
}
