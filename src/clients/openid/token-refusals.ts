import type { ErrorOutcome, OutcomeRow } from '../../text/outcome-row.ts';

/**
 * What each answer of the token endpoint of an OpenID provider means for a run (RFC 6749 §5.2). Keycloak answers a
 * wrong secret with 401 and `unauthorized_client`, so the status is compared first.
 */
export const tokenRefusals = {
  client: row(
    'try again',
    '401, or `invalid_client`',
    'the client is unknown, or its secret is wrong, for example a rotated one whose Secret is not updated yet',
    'wait until the Secret is updated, or correct client and secret',
  ),
  grant: row(
    'needs a person',
    'any other `error`: `invalid_scope`, `invalid_target`, `unauthorized_client` …',
    'the client gets no token by client_credentials, or not for this audience or scope',
    'allow it at the provider, or correct the scope and the audience of the settings',
  ),
  busy: row(
    'try again',
    '408, 429, 500, 502, 503, 504, or none',
    'the provider is busy, or cannot be reached',
    'the run waits; if it persists, check its address, DNS, TLS, proxies and network policies',
  ),
  other: row(
    'needs a person',
    'any other answer',
    'it is not that of a token endpoint',
    'correct authentication.tokenEndpoint, or the proxy before it',
  ),
} as const satisfies Record<string, OutcomeRow>;
export type TokenRefusal = keyof typeof tokenRefusals;

const busy: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** The row of an answer, by its status and its `error`. */
export function tokenRefusalOf(status: number, code: string | undefined): TokenRefusal {
  if (busy.has(status)) return 'busy';
  if (status === 401 || code === 'invalid_client') return 'client';
  return code === undefined ? 'other' : 'grant';
}

/** The token endpoint gave no token. The message has no credentials. */
export class TokenEndpointError extends Error {
  override name = 'TokenEndpointError';
  constructor(
    message: string,
    readonly refusal: TokenRefusal,
    readonly retryAfterMs: number | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The TokenEndpointError among an error and its causes. */
export function tokenEndpointErrorIn(error: unknown): TokenEndpointError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof TokenEndpointError) return e;
  return undefined;
}

/** Whether the provider did not answer or was busy. The run then waits and begins another attempt. */
export function isTokenEndpointBusy(error: unknown): boolean {
  return tokenEndpointErrorIn(error)?.refusal === 'busy';
}

function row(outcome: ErrorOutcome, answer: string, meaning: string, whatToDo: string): OutcomeRow {
  return { answer, meaning, outcome, whatToDo };
}
