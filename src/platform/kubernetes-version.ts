import type { Problem } from '../text/problem.ts';
import type { Platform } from './platform-settings.ts';

/** Problems of settings that need a newer Kubernetes than the cluster has. */
export function versionProblems(platform: Platform): Problem[] {
  const { operator, registration, kubernetesVersion } = platform;
  const problems: Problem[] = [];
  const isInTree = operator.amendments && operator.amendments.engine === 'mutatingAdmissionPolicy';
  if (isInTree && !isAtLeast(platform, 34))
    problems.push({
      at: 'operator.amendments',
      message:
        `needs Kubernetes 1.34 or newer, and kubernetesVersion is ${kubernetesVersion}. Set ` +
        'operator.amendments: { engine: kyverno } (Kyverno 1.16 or newer), or use the fork, or do without ' +
        'the settings that need amendments',
    });
  if (registration.admissionPolicy === true && !isAtLeast(platform, 30))
    problems.push({
      at: 'registration.admissionPolicy',
      message: `needs Kubernetes 1.30 or newer, and kubernetesVersion is ${kubernetesVersion}; leave it out`,
    });
  return problems;
}

/** Whether the cluster has this minor version of Kubernetes 1, or a newer one. */
export function isAtLeast(
  { kubernetesVersion }: Pick<Platform, 'kubernetesVersion'>,
  minor: number,
): boolean {
  return kubernetesVersion === undefined || Number(kubernetesVersion.split('.')[1]) >= minor;
}
