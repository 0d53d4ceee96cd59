import type { Catalog } from '../catalog/catalog.ts';
import { orgDirectory } from '../catalog/org-directory.ts';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { toYaml } from '../text/yaml-writer.ts';
import { sealed } from '../tree/header.ts';
import type { RenderedFile } from '../tree/rendered-file.ts';
import { explanationsOf } from './argocd/argocd.ts';
import { explain } from './argocd/explanations.ts';
import { type Manifests, orgManifests, platformManifests, retiringManifests } from './org-manifests.ts';
import { refuseSecrets } from './refuse-secrets.ts';

/** The files of one org, in its directory. */
export function renderOrg(catalog: Catalog, platform: Platform): RenderedFile[] {
  return renderFiles(orgDirectory(catalog.names.kubernetes, platform), orgManifests(catalog, platform));
}

/** The file of an org that leaves, in its directory. */
export function renderRetiring(org: RetiringOrg, platform: Platform): RenderedFile[] {
  return renderFiles(orgDirectory(org.names.kubernetes, platform), retiringManifests(org, platform));
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

/** Content of a file with these objects, without its header. Objects of Argo CD have comments that explain them. */
export function fileBody(objects: readonly unknown[]): string {
  const documents = objects.map((object) =>
    toYaml(object, (contents) => explain(contents, explanationsOf(object))),
  );
  return documents.join('---\n');
}
