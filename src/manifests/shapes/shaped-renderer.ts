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
 * How the orgs of a shape are rendered: the first one slowly; the second one too, and a template is made of it, which
 * has to make the files of both; the others by the template, or, where there is none, slowly.
 */
type ShapeState = { readonly first: RenderedOrg } | { readonly template: Template } | 'notTemplatable';

/** Shapes that are remembered; then all are forgotten: of a fleet in which every org has its own, none helps. */
const maxShapes = 500;

/**
 * The fast way: `renderOrg` for a fleet. Orgs of one shape differ in a few texts only, so the second org of a shape
 * is made a template, by `renderOrg`'s own means, and the others are filled in. The slow way stays the definition: a
 * template counts only once it has made the same bytes for two orgs, and what it cannot render goes the slow way.
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
