import type { Authentication } from './catalog.ts';

/**
 * The container and variable of worker pods that can log in. `worker-patch` adds them, and registration checks for
 * them before it writes the token endpoint into the row.
 */
export const brokerContainer = 'lakekeeper-token-broker';
/** Variable of the container that runs DuckDB: the URL of the broker. */
export const tokenURLVariable = 'LAKEKEEPER_TOKEN_URL';

/** Annotation of the custom resource: the authentication that was applied with it, by `enforcedAuthentication`. */
export const enforcedKey = 'lakekeeper-gitops/authentication';

/** `kubernetes lakekeeper-acme`, if the server is to refuse requests without such a token; otherwise undefined. */
export function enforcedAuthentication(authentication: {
  readonly mode: Authentication['mode'];
  readonly rollout?: 'prepare' | 'enforce' | undefined;
  readonly audience?: string;
}): string | undefined {
  const { mode, rollout, audience } = authentication;
  return mode === 'none' || rollout === 'prepare' ? undefined : `${mode} ${audience}`;
}

/** Whether the org's workers log in by the broker. Those of an external provider get their tokens from it. */
export function usesBroker(authentication: {
  readonly mode: Authentication['mode'];
  readonly issuer?: 'cluster' | 'external';
}): boolean {
  return authentication.mode !== 'none' && authentication.issuer !== 'external';
}
