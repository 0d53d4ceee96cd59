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

/** Content of a file with these objects, without its header. */
export function fileBody(objects: readonly unknown[]): string {
  return objects.map(toYaml).join('---\n');
}

/**
 * One object as YAML. Keys are in the order of Kubernetes and then sorted. Quotes are those of YAML 1.1, which
 * Kubernetes parses; long text is a block scalar. Invisible characters (control, zero-width, bidirectional) are escapes
 * in quotes. Objects of Argo CD have comments that explain them.
 */
export function toYaml(object: unknown): string {
  const document = new Document(object, {
    version: '1.1',
    aliasDuplicateObjects: false,
    // With that tag, a key << is written without quotes, and a reader would merge mappings.
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== mergeTag),
    sortMapEntries: (a, b) => compareKeys(String(a.key), String(b.key)),
  });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && needsQuotes(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  explain(document.contents, explanationsOf(object));
  // All invisible characters are in double-quoted scalars now, so they can be escaped.
  return printableLines(
    document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER }),
  );
}

/**
 * Whether a text needs double quotes that the `yaml` package would not write: it has invisible characters, or blanks
 * that a block scalar would lose, or a reader of YAML 1.1 would not read it as a string.
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
