import type { Construct } from 'constructs';
import { appProjectExplained, orgProject, type ProjectObject, platformProject } from './app-project.ts';
import { applicationSet, applicationSetExplained } from './application-set.ts';
import { argoCDFiles, type PlatformWithArgoCD } from './argocd-names.ts';
import type { Explanations } from './explanations.ts';
import { healthCheck, healthCheckExplained, operatorHealthCheckExplained } from './health-check.ts';
import { platformApplication, platformApplicationExplained } from './platform-application.ts';

/**
 * All objects of Argo CD, by file.
 *
 * @param shared the other objects of the platform, which its AppProject permits.
 */
export function argoCDManifests(
  platform: PlatformWithArgoCD,
  shared: readonly ProjectObject[],
): Record<string, (scope: Construct) => void> {
  return {
    [argoCDFiles.objects]: (scope) => {
      platformProject(scope, platform, shared);
      orgProject(scope, platform);
      platformApplication(scope, platform);
      applicationSet(scope, platform);
    },
    [argoCDFiles.healthCheck]: (scope) => healthCheck(scope, platform),
  };
}

/** The comments of an object of Argo CD; none for other objects. */
export function explanationsOf(object: unknown): Explanations {
  const { kind, metadata } = object as { kind?: string; metadata?: { name?: string } };
  return explanations.get(kind === 'ConfigMap' ? `${kind} ${metadata?.name}` : (kind ?? '')) ?? {};
}

const explanations = new Map([
  ['AppProject', appProjectExplained],
  ['Application', platformApplicationExplained],
  ['ApplicationSet', applicationSetExplained],
  ['ConfigMap argocd-cm', healthCheckExplained],
  ['ArgoCD', operatorHealthCheckExplained],
]);
