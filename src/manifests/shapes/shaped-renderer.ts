import type { Catalog } from '../../catalog/catalog.ts';
import { orgDirectory } from '../../catalog/org-directory.ts';
import type { Platform } from '../../platform/platform-settings.ts';
import type { RenderedFile } from '../../tree/rendered-file.ts';
import { renderOrg } from '../render-files.ts';
import { commonTexts, takeApart } from './anatomy.ts';
import { isOrdinary } from './expression.ts';
import { fill } from './fill.ts';
import { Shape } from './shape.ts';
import { makeTemplate, type Template } from './template.ts';

/** What is known of a shape: it was seen; it has a template, which still has to render another org right, or which has; or it has none. */
type Knowledge = 'seen' | 'none' | { readonly template: Template; proven: boolean };

/** Shapes that are remembered; then all are forgotten: of a fleet in which every org has its own, none helps. */
const atMost = 500;

/**
 * The fast way: `renderOrg` for a fleet. Orgs of one shape differ in a few texts only, so the second org of a shape is made a template,
 * by `renderOrg`'s own means, and the others are filled in. The slow way stays the definition: a template counts only
 * once it has given the same bytes for two orgs, and what it cannot render goes the slow way.
 */
export function shapedRenderer(
  platform: Platform,
  slowly: typeof renderOrg = renderOrg,
): (catalog: Catalog) => RenderedFile[] {
  const common = commonTexts(platform);
  let root = new Shape();
  let shapes = new Map<Shape, Knowledge>();
  const directoryOf = ({ names }: Catalog) => orgDirectory(names.kubernetes, platform);

  return (catalog) => {
    const { shape, texts } = takeApart(catalog, common, root);
    const known = shapes.get(shape);
    if (known === undefined) {
      remember(shape, 'seen');
      return slowly(catalog, platform);
    }
    if (known === 'none') return slowly(catalog, platform);
    if (known === 'seen') {
      const rendered = slowly(catalog, platform);
      if (texts.every(isOrdinary)) {
        const template = makeTemplate(catalog, texts, common, platform);
        const isRight =
          template !== undefined && agree(filled(template, directoryOf(catalog), texts), rendered);
        remember(shape, isRight ? { template, proven: false } : 'none');
      }
      return rendered;
    }
    const files = filled(known.template, directoryOf(catalog), texts);
    if (files === undefined) return slowly(catalog, platform);
    if (known.proven) return files;
    const rendered = slowly(catalog, platform);
    if (agree(files, rendered)) known.proven = true;
    else remember(shape, 'none');
    return rendered;
  };

  function remember(shape: Shape, knowledge: Knowledge): void {
    if (shapes.size >= atMost && !shapes.has(shape)) {
      root = new Shape();
      shapes = new Map();
      return;
    }
    shapes.set(shape, knowledge);
  }
}

function filled(template: Template, directory: string, own: readonly string[]): RenderedFile[] | undefined {
  const texts = fill(template, own);
  return texts?.map((text, i) => ({ path: `${directory}/${template.files[i]?.file}`, text }));
}

function agree(files: readonly RenderedFile[] | undefined, rendered: readonly RenderedFile[]): boolean {
  return (
    files?.length === rendered.length &&
    files.every(({ path, text }, i) => path === rendered[i]?.path && text === rendered[i]?.text)
  );
}
