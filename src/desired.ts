import type { Catalog } from './catalog/catalog.ts';
import type { Fleet } from './catalog/fleet.ts';
import { orgDirectory } from './catalog/org-directory.ts';
import { renderPlatform } from './manifests/render-files.ts';
import { type RenderMode, renderer } from './manifests/renderer.ts';
import type { Platform } from './platform/platform-settings.ts';
import type { ShowProgress } from './text/progress.ts';
import type { DesiredDirectory } from './tree/rendered-file.ts';

/** A directory as it should be; that of an org has its catalog, `platform` has none. */
export interface Desired extends DesiredDirectory {
  readonly catalog: Catalog | undefined;
}

/**
 * What the output directory is to hold: first what the orgs share, then one org after the other, rendered as they are
 * asked for.
 */
export function* desiredDirectories(
  { catalogs, rejected }: Pick<Fleet, 'catalogs' | 'rejected'>,
  platform: Platform,
  {
    mode = 'fast',
    show = () => undefined,
  }: { readonly mode?: RenderMode; readonly show?: ShowProgress } = {},
): Generator<Desired> {
  yield { catalog: undefined, directory: 'platform', files: renderPlatform(platform) };
  const render = renderer(platform, mode);
  for (const [done, catalog] of catalogs.entries()) {
    if (done % 256 === 0)
      show({ doing: 'rendering', done, total: catalogs.length, rejected: rejected.length });
    const directory = orgDirectory(catalog.names.kubernetes, platform);
    yield { catalog, directory, files: render(catalog) };
  }
}
