import { Document, visit } from 'yaml';
import type { Catalog } from '../catalog/catalog.ts';
import { orgDirectory } from '../catalog/org-directory.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { isPrintable, printableLines } from '../text/printable.ts';
import { yaml11Type } from '../text/yaml-scalars.ts';
import { sealed } from '../tree/header.ts';
import type { RenderedFile } from '../tree/rendered-file.ts';
import { explanationsOf } from './argocd/argocd.ts';
import { explain } from './argocd/explanations.ts';
import { type Manifests, orgManifests, platformManifests } from './org-manifests.ts';
import { refuseSecrets } from './refuse-secrets.ts';

/** The files of one org, in its directory. */
export function renderOrg(catalog: Catalog, platform: Platform): RenderedFile[] {
  return renderFiles(orgDirectory(catalog.names.kubernetes, platform), orgManifests(catalog, platform));
}

/** The files that the orgs share, below `platform/`. */
export function renderPlatform(platform: Platform): RenderedFile[] {
  return renderFiles('platform', platformManifests(platform));
}

function renderFiles(directory: string, manifests: Manifests): RenderedFile[] {
  return [...manifests].map(([file, objects]) => {
    for (const object of objects) refuseSecrets(object);
    return { path: `${directory}/${file}`, text: sealed(fileBody(objects)) };
  });
}

/** What a file with these objects in it holds, below its header. */
export function fileBody(objects: readonly unknown[]): string {
  return objects.map(toYaml).join('---\n');
}

/**
 * One object as YAML: keys in Kubernetes' order and then sorted, quoting of YAML 1.1, which is what Kubernetes parses,
 * long text as block scalars, and nothing unseen: control, zero-width and bidirectional characters, of a hostile org id
 * say, stand as escapes in quotes. Argo CD's objects have comments that explain them.
 */
export function toYaml(object: unknown): string {
  const document = new Document(object, {
    version: '1.1',
    aliasDuplicateObjects: false,
    // With it, a key << is written without its quotes, and merges mappings when it is read.
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== mergeTag),
    sortMapEntries: (a, b) => compareKeys(String(a.key), String(b.key)),
  });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && needsQuotes(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  explain(document.contents, explanationsOf(object));
  // Every character that is replaced is inside a double-quoted scalar now.
  return printableLines(
    document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER }),
  );
}

/**
 * Whether a text must stand in double quotes although the `yaml` package would not put it there: it has characters that
 * cannot be seen; or it has blanks where a block scalar would lose them; or some reader of YAML 1.1 takes it for no
 * text.
 */
function needsQuotes(text: string): boolean {
  const losesBlanks = text.includes('\n') && /^\s|[ \t](\n|$)/.test(text);
  return !isPrintable(text) || losesBlanks || yaml11Type(text) !== undefined;
}

const mergeTag = 'tag:yaml.org,2002:merge';

const firstKeys = ['apiVersion', 'kind', 'metadata', 'name'];

function compareKeys(a: string, b: string): number {
  const rank = (key: string) => (firstKeys.indexOf(key) + firstKeys.length + 1) % (firstKeys.length + 1);
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}
