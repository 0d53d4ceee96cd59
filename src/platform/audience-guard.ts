import type { Problem } from '../text/problem.ts';
import { isAtLeast } from './kubernetes-version.ts';
import type { AuthenticationSettings, Platform } from './platform-settings.ts';
import { withPlaceholdersAs } from './setting-template.ts';
import { authenticationSettings } from './settings-with-paths.ts';

/** The values from which the policy of audiences is rendered. */
export interface AudienceGuard {
  /** The texts before and after the org in each template of audiences. */
  readonly audiences: readonly { readonly prefix: string; readonly suffix: string }[];
  /** The label whose value is the org, on its workers. */
  readonly labelKey: string;
  /** Of the workers, as a regular expression. */
  readonly namespace: string;
  /** Users who may make a pod a worker of an org: `system:serviceaccount:duckgres:control-plane`. */
  readonly creators: readonly string[];
}

/** @returns undefined when the settings do not enable the policy. */
export function audienceGuard(platform: Platform): AudienceGuard | undefined {
  const guarded = guardedSettings(platform).map(([, settings]) => settings);
  const labelKey = workerLabel(platform);
  if (guarded.length === 0 || labelKey === undefined) return undefined;
  const templates = [...new Set(guarded.map(({ audience }) => audience))];
  return {
    audiences: templates.map((template) => {
      const [prefix = '', suffix = ''] = template.split('{org}');
      return { prefix, suffix };
    }),
    labelKey,
    namespace: `^${withPlaceholdersAs(platform.workers.namespace, '[a-z0-9-]+')}$`,
    creators: [...new Set(guarded.flatMap(({ audienceGuard: guard }) => guard.workersCreatedBy))].sort(),
  };
}

/** Problems of settings from which the policy cannot be rendered. */
export function audienceGuardProblems(platform: Platform): Problem[] {
  const guarded = guardedSettings(platform);
  if (guarded.length === 0) return [];
  const problems: Problem[] = [];
  const [[first = ''] = []] = guarded;
  if (!isAtLeast(platform, 30))
    problems.push({
      at: `${first}.audienceGuard`,
      message: `needs Kubernetes 1.30 or newer, and kubernetesVersion is ${platform.kubernetesVersion}; leave it out`,
    });
  if (workerLabel(platform) === undefined)
    problems.push({
      at: 'workers.podSelector',
      message: `has no label with the value {org}, by which ${first}.audienceGuard knows whose worker a pod is`,
    });
  for (const [at, { audience }] of guarded)
    if (!/^[^{}]*\{org\}[^{}]*$/.test(audience))
      problems.push({
        at: `${at}.audience`,
        message: 'has not {org} as its only placeholder, so audienceGuard cannot know whose audience it is',
      });
  return problems;
}

type Guarded = Extract<AuthenticationSettings, { audienceGuard?: unknown }> & {
  readonly audienceGuard: { readonly workersCreatedBy: readonly string[] };
};

function guardedSettings(platform: Platform): (readonly [path: string, settings: Guarded])[] {
  return authenticationSettings(platform).flatMap(([at, settings]) =>
    'audienceGuard' in settings && settings.audienceGuard !== undefined
      ? [[at, settings as Guarded] as const]
      : [],
  );
}

function workerLabel({ workers }: Platform): string | undefined {
  return Object.entries(workers.podSelector).find(([, value]) => value === '{org}')?.[0];
}
