import type { Catalog } from './catalog/catalog.ts';
import type { Fleet } from './catalog/fleet.ts';
import { orgDirectory } from './catalog/org-directory.ts';
import type { RetiringOrg } from './catalog/retiring-org.ts';
import { renderPlatform, renderRetiring } from './manifests/render-files.ts';
import { type RenderMode, renderer } from './manifests/renderer.ts';
import type { Platform } from './platform/platform-settings.ts';
import type { ShowProgress } from './text/progress.ts';
import type { DesiredDirectory } from './tree/rendered-file.ts';

/** A directory as it should be: of an org with its catalog, of one that leaves, or `platform`. */
export interface Desired extends DesiredDirectory {
  readonly catalog?: Catalog;
  readonly retiring?: RetiringOrg;
}

/**
 * What the output directory is to hold: first what the orgs share, then one org after the other, rendered as they are
 * asked for, and at last those that leave.
 */
export function* desiredDirectories(
  { catalogs, rejected }: Pick<Fleet, 'catalogs' | 'rejected'>,
  platform: Platform,
  {
    mode = 'fast',
    show = () => undefined,
    retiring = [],
  }: {
    readonly mode?: RenderMode;
    readonly show?: ShowProgress;
    readonly retiring?: readonly RetiringOrg[];
  } = {},
): Generator<Desired> {
  yield { directory: 'platform', files: renderPlatform(platform) };
  const render = renderer(platform, mode);
  for (const [done, catalog] of catalogs.entries()) {
    if (done % 256 === 0)
      show({ doing: 'rendering', done, total: catalogs.length, rejected: rejected.length });
    const directory = orgDirectory(catalog.names.kubernetes, platform);
    yield { catalog, directory, files: render(catalog) };
  }
  for (const one of retiring)
    yield {
      retiring: one,
      directory: orgDirectory(one.names.kubernetes, platform),
      files: renderRetiring(one, platform),
    };
}
