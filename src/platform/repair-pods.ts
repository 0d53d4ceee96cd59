import type { Problem } from '../text/problem.ts';
import { durationSeconds } from './duration.ts';
import { isAtLeast } from './kubernetes-version.ts';
import type { Platform, PodSettings } from './platform-settings.ts';
import { hasTemplates } from './pod-settings.ts';

/** As `src/repair/registration-account.ts` requests it. */
const tokenSeconds = 3600;

/** The namespace of the CronJob: that of the catalogs, or with a namespace per org, one of its own. */
export function repairNamespace({ namespace }: Platform): string {
  return namespace;
}

export function repairPods({ repair: settings, registration }: Platform): PodSettings {
  return settings?.pods ?? registration.pods;
}

export function repairProblems(platform: Platform): Problem[] {
  const { repair: settings, kubernetesVersion } = platform;
  if (settings === undefined) return [];
  const problems: Problem[] = [];
  if (hasTemplates(repairPods(platform)))
    problems.push({
      at: 'repair.pods',
      message:
        settings.pods === undefined
          ? 'is missing; registration.pods has a placeholder, but the pods of repair are for all orgs'
          : 'has a placeholder, but the pods of repair are for all orgs; leave the placeholder out',
    });
  if (settings.shards > 1 && !isAtLeast(platform, 29))
    problems.push({
      at: 'repair.shards',
      message: `needs Kubernetes 1.29 or newer, and kubernetesVersion is ${kubernetesVersion}; leave it out`,
    });
  if (settings.timeZone !== undefined && !isAtLeast(platform, 27))
    problems.push({
      at: 'repair.timeZone',
      message: `needs Kubernetes 1.27 or newer, and kubernetesVersion is ${kubernetesVersion}; leave it out`,
    });
  const { jitter, orgDeadline, deadline } = settings;
  if (durationSeconds(jitter) >= durationSeconds(deadline))
    problems.push({
      at: 'repair.jitter',
      message:
        `is ${jitter}, and repair.deadline ${deadline}: a pod may be ended before it begins; make the jitter ` +
        'shorter, or the deadline longer',
    });
  if (durationSeconds(orgDeadline) >= tokenSeconds)
    problems.push({
      at: 'repair.orgDeadline',
      message:
        `is ${orgDeadline}; expected less than 60m: an org is registered with one token, which is valid for ` +
        'an hour',
    });
  return problems;
}
