import { readFile } from 'node:fs/promises';
import { type RegistrationInputs, registrationFiles } from '../../catalog/registration-inputs.ts';
import { UsageError } from '../../text/errors.ts';
import { type CredentialSources, resolveCredential } from '../resolve-credential.ts';

/**
 * Returns a bearer token for the catalog, or undefined without authentication.
 *
 * @param refused a token that the catalog has just refused, and that must not be returned again.
 */
export type TokenSource = (refused?: string) => Promise<string | undefined>;

/**
 * The source of the Job's token for the catalog. With ServiceAccount tokens it is a file, read each time because the
 * kubelet renews it. An external provider is asked once, and again when the token expires soon or was refused.
 *
 * @param file the file of the token; the default is the Job's projected volume.
 * @param signal ends the request to the provider with its reason.
 */
export function tokenSource(
  { authentication }: RegistrationInputs,
  sources: CredentialSources,
  file: string | undefined,
  signal: AbortSignal,
): TokenSource {
  if (authentication.mode === 'none') return async () => undefined;
  const fromCluster = authentication.mode === 'kubernetes' || authentication.issuer === 'cluster';
  if (fromCluster || file !== undefined) return () => tokenFromFile(file ?? registrationFiles.token);
  const { tokenEndpoint, client, audience, scope } = authentication;
  const recent = { ...sources, secrets: sources.recentSecrets };
  return cachedToken(async () =>
    clientCredentialsToken(
      tokenEndpoint,
      { id: client.id, secret: await resolveCredential({ secret: client.secret }, recent) },
      { audience, ...(scope !== undefined && { scope }) },
      signal,
    ),
  );
}

interface ProvidedToken {
  readonly token: string;
  /** Its expiry, in milliseconds since 1970; undefined if the provider returned no lifetime. */
  readonly expiresAt: number | undefined;
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
    throw new UsageError(
      `cannot read the token for the catalog from ${file}; outside the Job give one with ` +
        '--token-file, as made by: kubectl create token',
      { cause },
    );
  }
}

/** Requests a token by the OAuth2 client_credentials grant (RFC 6749 §2.3.1 and §4.4). */
async function clientCredentialsToken(
  tokenEndpoint: string,
  { id, secret }: { readonly id: string; readonly secret: string },
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ProvidedToken> {
  const login = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64');
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${login}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...parameters }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new Error(`while asking ${tokenEndpoint} for a token`, { cause });
  });
  const answer: Record<string, unknown> = Object(await response.json().catch(() => ({})));
  signal.throwIfAborted();
  const { access_token: token, expires_in: seconds } = answer;
  if (response.ok && typeof token === 'string')
    return { token, expiresAt: typeof seconds === 'number' ? Date.now() + seconds * 1000 : undefined };
  const code = typeof answer.error === 'string' ? ` (${answer.error})` : '';
  throw new Error(`${tokenEndpoint} gave no token for the client ${id}: status ${response.status}${code}`);
}
