import { isDeepStrictEqual } from 'node:util';
import type { Catalog } from '../../catalog/catalog.ts';
import { orgDirectory } from '../../catalog/org-directory.ts';
import type { Platform } from '../../platform/platform-settings.ts';
import type { RenderedFile } from '../../tree/rendered-file.ts';
import { renderOrg } from '../render-files.ts';
import { isOrdinary } from './expression.ts';
import { fill } from './fill.ts';
import { settingTextsOf, structureOf } from './structure.ts';
import { makeTemplate, type Template } from './template.ts';

type Org = { readonly directory: string; readonly texts: readonly string[] };
type RenderedOrg = Org & { readonly files: readonly RenderedFile[] };

/**
 * How the orgs of a shape are rendered. The first two are rendered slowly. A template is made of the second one, and
 * has to render the same files for both. The others are rendered by the template; slowly if there is none.
 */
type ShapeState = { readonly first: RenderedOrg } | { readonly template: Template } | 'notTemplatable';

/** Limit of the cache, which is then cleared: in a fleet where every org has its own shape, no entry is used again. */
const maxShapes = 500;

/**
 * `renderOrg` for a fleet, but faster. Orgs of one shape differ in a few texts only, so a template is made of the
 * second org of a shape, and the others are filled in. `renderOrg` stays the definition: a template is used only after
 * it has rendered the same bytes for two orgs, and an org that it cannot render is rendered by `renderOrg`.
 */
export function shapedRenderer(
  platform: Platform,
  renderSlowly: typeof renderOrg = renderOrg,
): (catalog: Catalog) => RenderedFile[] {
  const settingTexts = settingTextsOf(platform);
  const shapes = new Map<string, ShapeState>();

  const stateAfter = (first: RenderedOrg, second: RenderedOrg, catalog: Catalog): ShapeState => {
    const template = makeTemplate(catalog, second.texts, settingTexts, platform);
    if (template === undefined || !isRight(template, second)) return 'notTemplatable';
    if (filled(template, first) === undefined) return { first: second };
    return isRight(template, first) ? { template } : 'notTemplatable';
  };

  return (catalog) => {
    const { shape, texts } = structureOf(catalog, settingTexts);
    const directory = orgDirectory(catalog.names.kubernetes, platform);
    const state = shapes.get(shape);
    if (typeof state === 'object' && 'template' in state)
      return filled(state.template, { directory, texts }) ?? renderSlowly(catalog, platform);
    const files = renderSlowly(catalog, platform);
    if (state === undefined) {
      if (shapes.size >= maxShapes) shapes.clear();
      shapes.set(shape, { first: { directory, texts, files } });
    } else if (state !== 'notTemplatable' && texts.every(isOrdinary))
      shapes.set(shape, stateAfter(state.first, { directory, texts, files }, catalog));
    return files;
  };
}

/** @returns undefined for an org that the template cannot render. */
function filled(template: Template, { directory, texts }: Org): RenderedFile[] | undefined {
  const path = (i: number) => `${directory}/${template.files[i]?.file}`;
  return fill(template, texts)?.map((text, i) => ({ path: path(i), text }));
}

function isRight(template: Template, org: RenderedOrg): boolean {
  return isDeepStrictEqual(filled(template, org), org.files);
}
