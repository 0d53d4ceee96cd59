import type { Catalog } from '../../catalog/catalog.ts';
import type { Platform } from '../../platform/platform-settings.ts';
import { printable } from '../../text/printable.ts';
import { toYaml } from '../../text/yaml-writer.ts';
import { jsonPatch, kustomizeComponent, strategicMergePatch } from './patches.ts';
import { workerNeeds } from './worker-needs.ts';
import type { Workload } from './workload.ts';

export const formats = ['strategic', 'json', 'component'] as const;
export type Format = (typeof formats)[number];

/** File name of a patch, by its format. */
export const fileNames: Readonly<Record<Format, string>> = {
  strategic: 'strategic-merge-patch.yaml',
  json: 'json-patch.json',
  component: 'kustomization.yaml',
};

/** One org's patch as text. @throws as `workerNeeds` does. */
export async function renderPatch(
  catalog: Catalog,
  platform: Platform,
  workload: Workload,
  format: Format,
): Promise<string> {
  const needs = await workerNeeds(catalog, platform);
  if (format === 'json') return `${JSON.stringify(jsonPatch(needs, workload), null, 2)}\n`;
  const comment =
    `# For the workers of org ${printable(JSON.stringify(catalog.org))}. Made by lakekeeper-gitops ` +
    `worker-patch.\n`;
  const patch = toYaml(strategicMergePatch(needs, workload));
  return comment + (format === 'strategic' ? patch : toYaml(kustomizeComponent(patch, workload)));
}
