import { readFile } from 'node:fs/promises';
import { type RegistrationInputs, registrationFiles } from '../../catalog/registration-inputs.ts';
import { UsageError } from '../../text/errors.ts';
import { type CredentialSources, resolveCredential } from '../resolve-credential.ts';

/** @param refused a token that the catalog refused: another one is wanted. */
export type TokenSource = (refused?: string) => Promise<string | undefined>;

/**
 * Where the Job's own token for the catalog comes from: nowhere without authentication, a file (its projected
 * volume, when none is given), which is read each time because it is renewed, or the external provider, which is
 * asked once, and again when the token is about to end or was refused.
 *
 * @param signal ends the question to the provider; its reason is then thrown.
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
  return keepToken(async () =>
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
  /** When it ends, in milliseconds; undefined when the provider does not say. */
  readonly endsAt: number | undefined;
}

/** A token is not sent any more when it ends within this time. */
const minRemainingLifeMs = 10_000;

function keepToken(ask: () => Promise<ProvidedToken>): TokenSource {
  let kept: Promise<ProvidedToken> | undefined;
  return async (refused) => {
    const { token, endsAt = Number.POSITIVE_INFINITY } = (await kept?.catch(() => undefined)) ?? {};
    if (token === undefined || token === refused || endsAt - Date.now() < minRemainingLifeMs) kept = ask();
    return (await kept)?.token;
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

/** One token by the OAuth2 client_credentials grant (RFC 6749 §2.3.1 and §4.4). */
async function clientCredentialsToken(
  tokenEndpoint: string,
  { id, secret }: { readonly id: string; readonly secret: string },
  wanted: Readonly<Record<string, string>>,
  ends: AbortSignal,
): Promise<ProvidedToken> {
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
  const answer: Record<string, unknown> = Object(await response.json().catch(() => ({})));
  ends.throwIfAborted();
  const { access_token: token, expires_in: seconds } = answer;
  if (response.ok && typeof token === 'string')
    return { token, endsAt: typeof seconds === 'number' ? Date.now() + seconds * 1000 : undefined };
  const said = typeof answer.error === 'string' ? ` (${answer.error})` : '';
  throw new Error(`${tokenEndpoint} gave no token for the client ${id}: status ${response.status}${said}`);
}
