import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError } from '../../text/errors.ts';
import { printable } from '../../text/printable.ts';
import { type BackOff, backOffMs, retryAfterMs } from '../back-off.ts';
import { TokenEndpointError, type TokenRefusal, tokenRefusalOf, tokenRefusals } from './token-refusals.ts';

export interface TokenRequest {
  readonly tokenEndpoint: string;
  readonly client: { readonly id: string; readonly secret: string };
  /** `audience` and `scope`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Ends the request, and the wait for the next attempt, with its reason. */
  readonly signal: AbortSignal;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

export interface ProvidedToken {
  readonly token: string;
  /** Its expiry, in milliseconds since 1970; undefined if the provider returned no lifetime. */
  readonly expiresAt: number | undefined;
}

const attempts = 4;
const timeoutMs = 15_000;
const backOff: BackOff = { firstMs: 200, maxMs: 10_000 };

/**
 * Requests a token by the OAuth2 client_credentials grant (RFC 6749 §2.3.1 and §4.4). It is retried while the provider
 * is busy or does not answer.
 *
 * @throws TokenEndpointError; PermanentError for the rows of `tokenRefusals` that need a person; after `signal`, its
 * reason.
 */
export async function requestClientToken(request: TokenRequest): Promise<ProvidedToken> {
  const { signal, wait = (milliseconds) => sleep(milliseconds, undefined, { signal }) } = request;
  for (let failures = 1; ; failures += 1) {
    try {
      return await requestOnce(request);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TokenEndpointError)) throw error;
      if (tokenRefusals[error.refusal].outcome === 'needs a person')
        throw new PermanentError(error.message, { cause: error });
      if (error.refusal !== 'busy' || failures === attempts) throw error;
      await wait(backOffMs(failures, error.retryAfterMs, backOff), signal).catch((cause: unknown) => {
        signal.throwIfAborted();
        throw cause;
      });
    }
  }
}

async function requestOnce({
  tokenEndpoint,
  client: { id, secret },
  parameters,
  signal,
}: TokenRequest): Promise<ProvidedToken> {
  const login = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64');
  const message = (seen: string, refusal: TokenRefusal) => {
    const { meaning, whatToDo } = tokenRefusals[refusal];
    return `${tokenEndpoint} gave no token for the client ${id}: ${seen}; ${meaning}: ${whatToDo}`;
  };
  let response: Response;
  let text: string;
  try {
    response = await fetch(tokenEndpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${login}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...parameters }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    text = await response.text();
  } catch (cause) {
    throw new TokenEndpointError(message('no answer', 'busy'), 'busy', undefined, { cause });
  }
  const { access_token: token, expires_in: seconds, error } = objectIn(text);
  const { status, ok } = response;
  if (ok && typeof token === 'string')
    return { token, expiresAt: typeof seconds === 'number' ? Date.now() + seconds * 1000 : undefined };
  const code = typeof error === 'string' ? printable(error).slice(0, 100) : undefined;
  const seen = `status ${status}${code === undefined ? '' : ` (${code})`}`;
  const refusal = tokenRefusalOf(status, code);
  const waitMs = retryAfterMs(response.headers.get('retry-after') ?? undefined);
  throw new TokenEndpointError(message(seen, refusal), refusal, waitMs);
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
