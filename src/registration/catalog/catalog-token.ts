import { readFile } from 'node:fs/promises';
import { type RegistrationInputs, registrationFiles } from '../../catalog/registration-inputs.ts';
import { UsageError } from '../../text/errors.ts';
import { type CredentialSources, resolveCredential } from '../resolve-credential.ts';

/**
 * Where the Job's own token for the catalog comes from: nowhere without authentication, a file (its projected
 * volume, when none is given), or the external provider. Asked for each time, as tokens are renewed.
 *
 * @param signal ends the question to the provider; its reason is then thrown.
 */
export function tokenSource(
  { authentication }: RegistrationInputs,
  sources: CredentialSources,
  file: string | undefined,
  signal: AbortSignal,
): () => Promise<string | undefined> {
  if (authentication.mode === 'none') return async () => undefined;
  const fromCluster = authentication.mode === 'kubernetes' || authentication.issuer === 'cluster';
  if (fromCluster || file !== undefined) return () => tokenFromFile(file ?? registrationFiles.token);
  const { tokenEndpoint, client, audience, scope } = authentication;
  return async () =>
    clientCredentialsToken(
      tokenEndpoint,
      { id: client.id, secret: await resolveCredential({ secret: client.secret }, sources) },
      { audience, ...(scope !== undefined && { scope }) },
      signal,
    );
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

/** One token by the OAuth2 client_credentials grant (RFC 6749 §2.3.1 and §4.4). */
async function clientCredentialsToken(
  tokenEndpoint: string,
  { id, secret }: { readonly id: string; readonly secret: string },
  wanted: Readonly<Record<string, string>>,
  ends: AbortSignal,
): Promise<string> {
  const login = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64');
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${login}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...wanted }),
    signal: AbortSignal.any([ends, AbortSignal.timeout(15_000)]),
  }).catch((cause: unknown) => {
    ends.throwIfAborted();
    throw new Error(`while asking ${tokenEndpoint} for a token`, { cause });
  });
  const answer = (await response.json().catch(() => ({}))) as { access_token?: unknown; error?: unknown };
  ends.throwIfAborted();
  if (response.ok && typeof answer.access_token === 'string') return answer.access_token;
  const said = typeof answer.error === 'string' ? ` (${answer.error})` : '';
  throw new Error(`${tokenEndpoint} gave no token for the client ${id}: status ${response.status}${said}`);
}
