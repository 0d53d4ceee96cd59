/** A bearer token, and when it was issued and expires, in seconds since 1970, as far as that is known. */
export interface Token {
  readonly text: string;
  readonly issuedAt: number | undefined;
  readonly expiresAt: number | undefined;
}

/** Why there is no token to hand out: words of ours alone, never a part of what stands in the file. */
export interface NoToken {
  readonly reason: string;
}

/** A token with less left than this is of no use to a client: it may be over before the catalog sees it. */
const leastSecondsLeft = 10;

/**
 * Parses what stands in a token file. The token is not verified: the catalog does that, and who could put another token into the
 * file could as well read the one that is there.
 *
 * A ServiceAccount token is a JWT with `exp`. How long any other token lives is unknown, and it is passed on.
 *
 * @param content the whole file: one line, with or without a newline at its end.
 */
export function parseToken(content: string): Token | NoToken {
  const text = content.replace(/\r?\n$/, '');
  if (text === '') return { reason: 'the token file is empty' };
  if (/[\r\n]/.test(text)) return { reason: 'the token file has more than one line' };
  // What can stand in a header (RFC 6750 §2.1).
  if (!/^[\x21-\x7e]+$/.test(text))
    return { reason: 'the token file has characters in it that no token has' };
  const claims = claimsOf(text);
  const { iat, exp } = claims ?? {};
  if (exp !== undefined && !isTime(exp)) return { reason: 'the expiry of the token cannot be read' };
  return { text, issuedAt: isTime(iat) ? iat : undefined, expiresAt: exp };
}

/** Whole seconds that a token has left; undefined when it does not say. @param now milliseconds since 1970. */
export function secondsLeft({ expiresAt }: Token, now: number): number | undefined {
  return expiresAt === undefined ? undefined : Math.floor(expiresAt - now / 1000);
}

/** The token, unless it has expired or is about to. @param now milliseconds since 1970. */
export function ifStillGood(token: Token, now: number): Token | NoToken {
  const left = secondsLeft(token, now) ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return { reason: 'the token has expired' };
  return left < leastSecondsLeft ? { reason: 'the token is about to expire' } : token;
}

function claimsOf(text: string): { readonly iat?: unknown; readonly exp?: unknown } | undefined {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(text) ?? [];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? claims : undefined;
  } catch {
    // Three words with dots between them: not a JWT.
    return undefined;
  }
}

function isTime(claim: unknown): claim is number {
  return typeof claim === 'number' && Number.isFinite(claim);
}
