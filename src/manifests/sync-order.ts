import type { Platform } from '../platform/platform-settings.ts';

/**
 * Where Argo CD's waves are needed (docs/facts/argo-cd.md): with hook mode `split` the first Job runs before the
 * custom resource comes, and what that Job needs comes before the Job. Everything else is in wave 0.
 */
export const firstJobWave: Record<string, string> = { 'argocd.argoproj.io/sync-wave': '-1' };

export function hookMode({ registration }: Platform): 'postSync' | 'split' {
  return registration.hookMode ?? registration.arrangement ?? 'postSync';
}

/** Annotations of what the Jobs need. */
export function beforeJobs(platform: Platform): Record<string, string> {
  return hookMode(platform) === 'split' ? { 'argocd.argoproj.io/sync-wave': '-2' } : {};
}
