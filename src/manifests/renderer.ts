import type { Catalog } from '../catalog/catalog.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { RenderedFile } from '../tree/rendered-file.ts';
import { renderOrg } from './render-files.ts';
import { shapedRenderer } from './shapes/shaped-renderer.ts';

/**
 * How manifests are rendered. `slow` is the definition: each org by itself, with cdk8s. `fast` renders the same bytes
 * with templates.
 */
export type RenderMode = 'fast' | 'slow';

/** @returns a function that renders the files of one org. */
export function renderer(
  platform: Platform,
  mode: RenderMode = 'fast',
): (catalog: Catalog) => RenderedFile[] {
  return mode === 'fast' ? shapedRenderer(platform) : (catalog) => renderOrg(catalog, platform);
}
