import type { Catalog } from '../catalog/catalog.ts';
import type { Platform } from '../platform/platform-settings.ts';

/**
 * Argo CD's sync waves (docs/facts/argo-cd.md). In hook mode `split`, and with authentication, a Job runs before the
 * custom resource is applied, and the objects that the Job needs are applied before it. All others are in wave 0.
 */
export const firstJobWave: Record<string, string> = { 'argocd.argoproj.io/sync-wave': '-1' };

export function hookMode({ registration }: Platform): 'postSync' | 'split' {
  return registration.hookMode ?? registration.arrangement ?? 'postSync';
}

/**
 * The objects of an org that leaves are applied before Argo CD waits for the confirmation to prune the catalog. Argo
 * CD prunes in the reverse order of the waves.
 */
export const beforeOthers: Record<string, string> = { 'argocd.argoproj.io/sync-wave': '-3' };

/** Annotations of the objects that the Jobs need. */
export function beforeJobs(
  { authentication }: Pick<Catalog, 'authentication'>,
  platform: Platform,
): Record<string, string> {
  return hookMode(platform) === 'split' || authentication.mode !== 'none'
    ? { 'argocd.argoproj.io/sync-wave': '-2' }
    : {};
}
