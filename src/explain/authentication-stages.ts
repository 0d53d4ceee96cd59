import type { Authentication } from '../catalog/catalog.ts';

/** Where orgs stand on their way to authentication, as Git will have it. */
export const authenticationStages = ['none', 'prepare', 'enforce'] as const;
export type AuthenticationStages = Readonly<Record<(typeof authenticationStages)[number], string[]>>;

/** The orgs of each stage. */
export function stagesOf(
  catalogs: readonly { readonly org: string; readonly authentication: Authentication }[],
): AuthenticationStages {
  const stages: AuthenticationStages = { none: [], prepare: [], enforce: [] };
  for (const { org, authentication } of catalogs)
    stages[authentication.mode === 'none' ? 'none' : authentication.rollout].push(org);
  return stages;
}
