import type { Catalog } from '../../catalog/catalog.ts';
import { orgDirectory } from '../../catalog/org-directory.ts';
import type { Platform } from '../../platform/platform-settings.ts';
import type { RenderedFile } from '../../tree/rendered-file.ts';
import { renderOrg } from '../render-files.ts';
import { isOrdinary } from './expression.ts';
import { fill } from './fill.ts';
import { settingTextsOf, structureOf } from './structure.ts';
import { makeTemplate, type Template } from './template.ts';

/**
 * How the orgs of a shape are rendered: the first one slowly; the second one too, and made a template; the third one
 * both ways, to prove the template; the others by the template, or, where there is none, slowly.
 */
type ShapeState = 'seen' | 'notTemplatable' | { readonly template: Template; isProven: boolean };

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

  return (catalog) => {
    const { shape, texts } = structureOf(catalog, settingTexts);
    const directory = orgDirectory(catalog.names.kubernetes, platform);
    const state = shapes.get(shape);
    if (state === undefined) {
      if (shapes.size >= maxShapes) shapes.clear();
      shapes.set(shape, 'seen');
    } else if (state === 'seen') {
      const rendered = renderSlowly(catalog, platform);
      if (texts.every(isOrdinary)) {
        const template = makeTemplate(catalog, texts, settingTexts, platform);
        const isRight = template !== undefined && areEqual(filled(template, directory, texts), rendered);
        shapes.set(shape, isRight ? { template, isProven: false } : 'notTemplatable');
      }
      return rendered;
    } else if (state !== 'notTemplatable') {
      const files = filled(state.template, directory, texts);
      if (files !== undefined && state.isProven) return files;
      const rendered = renderSlowly(catalog, platform);
      if (files === undefined) return rendered;
      if (areEqual(files, rendered)) state.isProven = true;
      else shapes.set(shape, 'notTemplatable');
      return rendered;
    }
    return renderSlowly(catalog, platform);
  };
}

function filled(template: Template, directory: string, own: readonly string[]): RenderedFile[] | undefined {
  const texts = fill(template, own);
  return texts?.map((text, i) => ({ path: `${directory}/${template.files[i]?.file}`, text }));
}

function areEqual(files: readonly RenderedFile[] | undefined, rendered: readonly RenderedFile[]): boolean {
  return (
    files?.length === rendered.length &&
    files.every(({ path, text }, i) => path === rendered[i]?.path && text === rendered[i]?.text)
  );
}
