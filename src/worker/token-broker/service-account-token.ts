/** A bearer token. Times are in seconds since 1970; undefined when they are not known. */
export interface Token {
  readonly text: string;
  readonly issuedAt: number | undefined;
  readonly expiresAt: number | undefined;
}

/** Why there is no token. The reason never contains a part of the file. */
export interface NoToken {
  readonly reason: string;
}

/** A token that expires sooner may have expired when the catalog checks it. */
const minSecondsLeft = 10;

/**
 * Parses the content of a token file. The signature is not verified: the catalog does that, and a process that can
 * write the file can read it too.
 *
 * A ServiceAccount token is a JWT with `exp`. Any other token is passed on with an unknown lifetime.
 *
 * @param content one line, with or without a newline at its end.
 */
export function parseToken(content: string): Token | NoToken {
  const text = content.replace(/\r?\n$/, '');
  if (text === '') return { reason: 'the token file is empty' };
  if (/[\r\n]/.test(text)) return { reason: 'the token file has more than one line' };
  // The characters of a bearer token (RFC 6750 §2.1).
  if (!/^[\x21-\x7e]+$/.test(text))
    return { reason: 'the token file has characters in it that no token has' };
  const claims = claimsOf(text);
  const { iat, exp } = claims ?? {};
  if (exp !== undefined && !isTime(exp)) return { reason: 'the expiry of the token cannot be read' };
  return { text, issuedAt: isTime(iat) ? iat : undefined, expiresAt: exp };
}

/** Whole seconds until a token expires; undefined when that is not known. @param now milliseconds since 1970. */
export function secondsLeft({ expiresAt }: Token, now: number): number | undefined {
  return expiresAt === undefined ? undefined : Math.floor(expiresAt - now / 1000);
}

/** The token, unless it has expired or is about to. @param now milliseconds since 1970. */
export function unexpiredToken(token: Token, now: number): Token | NoToken {
  const left = secondsLeft(token, now) ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return { reason: 'the token has expired' };
  return left < minSecondsLeft ? { reason: 'the token is about to expire' } : token;
}

function claimsOf(text: string): { readonly iat?: unknown; readonly exp?: unknown } | undefined {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(text) ?? [];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? claims : undefined;
  } catch {
    // Three parts with dots between them need not be a JWT.
    return undefined;
  }
}

function isTime(claim: unknown): claim is number {
  return typeof claim === 'number' && Number.isFinite(claim);
}
