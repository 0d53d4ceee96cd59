import manifest from '../package.json' with { type: 'json' };

/** Version of this program; the build writes it into the bundle. */
export const { version } = manifest;

/** `sha256:…` of this version's image; the release writes it into the bundle that it publishes. */
declare const imageDigest: string | undefined;
const digest = typeof imageDigest === 'undefined' ? undefined : imageDigest;

/** The image of this version, by digest where that is known. */
const digestSuffix = digest === undefined ? '' : `@${digest}`;
export const ownImage = `ghcr.io/lakekeeper-gitops/lakekeeper-gitops:v${version}${digestSuffix}`;
