import type { Platform } from '../platform/platform-settings.ts';

/**
 * Where Argo CD's waves are needed (docs/facts/argo-cd.md): in the arrangement `split` the first Job runs before the
 * custom resource comes, and what that Job needs comes before the Job. Everything else is in wave 0.
 */
export const firstJobWave: Record<string, string> = { 'argocd.argoproj.io/sync-wave': '-1' };

/** Annotations of what the Jobs need. */
export function beforeJobs({ registration }: Platform): Record<string, string> {
  return registration.arrangement === 'split' ? { 'argocd.argoproj.io/sync-wave': '-2' } : {};
}
