import { readFile } from 'node:fs/promises';
import { type RegistrationInputs, registrationFiles } from '../../catalog/registration-inputs.ts';
import type { KubernetesClient } from '../../clients/kubernetes/kubernetes-client.ts';
import { type ProvidedToken, requestClientToken } from '../../clients/openid/token-endpoint.ts';
import { PermanentError, UsageError } from '../../text/errors.ts';
import { jobAccount, requestToken } from '../objects/account-token.ts';
import { type CredentialSources, resolveCredential } from '../resolve-credential.ts';

/**
 * Returns a bearer token for the catalog, or undefined without authentication.
 *
 * @param refused a token that the catalog has just refused, and that must not be returned again.
 */
export type TokenSource = (refused?: string) => Promise<string | undefined>;

/**
 * The source of the token of the org's Job for the catalog. In the Job, a ServiceAccount token is a file, read each
 * time because the kubelet renews it. Elsewhere it is requested from the API server. An external provider and the API
 * server are asked once, and again when the token expires soon or was refused.
 *
 * @param file a file with a token, in place of all that.
 * @param signal ends the request to the provider with its reason.
 */
export function tokenSource(
  inputs: RegistrationInputs,
  sources: CredentialSources,
  file: string | undefined,
  signal: AbortSignal,
): TokenSource {
  const { authentication } = inputs;
  if (authentication.mode === 'none') return async () => undefined;
  if (file !== undefined) return () => tokenFromFile(file);
  if (!('tokenEndpoint' in authentication))
    return sources.files === undefined
      ? requestedToken(inputs, authentication.audience, sources.kubernetes)
      : () => tokenFromFile(registrationFiles.token);
  const { tokenEndpoint, client, audience, scope } = authentication;
  const recent = { ...sources, secrets: sources.recentSecrets };
  return cachedToken(async () =>
    requestClientToken({
      tokenEndpoint,
      client: { id: client.id, secret: await resolveCredential({ secret: client.secret }, recent) },
      parameters: { audience, ...(scope !== undefined && { scope }) },
      signal,
    }),
  );
}

/** Longer than the deadline of a run, so that one token is enough for an org. */
const expirationSeconds = 3600;

/**
 * Tokens of the ServiceAccount of the org's Job, by the TokenRequest API: the catalog sees the same caller.
 *
 * @param client of an account that may create tokens of that ServiceAccount.
 */
export function requestedToken(
  inputs: RegistrationInputs,
  audience: string,
  client: KubernetesClient,
): TokenSource {
  const account = jobAccount(inputs);
  return cachedToken(() =>
    requestToken(client, account, { audience, expirationSeconds }).catch((cause: unknown) => {
      const name = `${account.namespace}/${account.name}`;
      const message =
        `while requesting a token of ServiceAccount ${name} for the catalog: allow to create ` +
        `serviceaccounts/token, or give a token for the audience ${audience} with --token-file`;
      throw cause instanceof PermanentError
        ? new PermanentError(message, { cause })
        : new Error(message, { cause });
    }),
  );
}

/** A token that expires sooner is not sent any more. */
const minRemainingLifeMs = 10_000;

function cachedToken(request: () => Promise<ProvidedToken>): TokenSource {
  let cached: Promise<ProvidedToken> | undefined;
  return async (refused) => {
    const { token, expiresAt = Number.POSITIVE_INFINITY } = (await cached?.catch(() => undefined)) ?? {};
    const isUsable = token !== undefined && token !== refused && expiresAt - Date.now() >= minRemainingLifeMs;
    if (!isUsable) cached = request();
    return (await cached)?.token;
  };
}

async function tokenFromFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new UsageError(`cannot read the token for the catalog from ${file}`, { cause });
  }
}
