/** Outcomes of a request; each has a counter. */
export const outcomes = [
  'granted',
  'invalid_request',
  'unsupported_grant_type',
  'temporarily_unavailable',
  'ready',
  'not_ready',
  'metrics',
  'host_refused',
  'not_found',
  'method_not_allowed',
  'too_large',
  'malformed',
  'timed_out',
  'server_error',
] as const;
export type Outcome = (typeof outcomes)[number];

/** A complete answer to a request. */
export interface Answer {
  readonly outcome: Outcome;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer in JSON. */
export function json(outcome: Outcome, status: number, content: object): Answer {
  return answer(outcome, status, 'application/json;charset=UTF-8', JSON.stringify(content));
}

function answer(outcome: Outcome, status: number, contentType: string, body: string): Answer {
  const headers = {
    // No answer may be cached (RFC 6749 §5.1).
    'Cache-Control': 'no-store',
    Pragma: 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    'Content-Type': contentType,
    'Content-Length': String(Buffer.byteLength(body)),
  };
  return { outcome, status, headers, body };
}

/**
 * An error response of RFC 6749 §5.2.
 *
 * @param description a fixed text, without `"` and `\`, which the RFC does not allow.
 */
export function oauthError(outcome: Outcome, status: number, error: string, description: string): Answer {
  return json(outcome, status, { error, error_description: description });
}

/** The answer to an invalid request. */
export function invalidRequest(
  description: string,
  outcome: Outcome = 'invalid_request',
  status = 400,
): Answer {
  return oauthError(outcome, status, 'invalid_request', description);
}

/** An answer in Prometheus' text format. */
export function metricsText(body: string): Answer {
  return answer('metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', body);
}

/** The answer to a method that the path does not allow. @param allow value of the `Allow` header. */
export function methodNotAllowed(allow: string): Answer {
  const refusal = invalidRequest(`this path answers ${allow} only`, 'method_not_allowed', 405);
  return { ...refusal, headers: { ...refusal.headers, Allow: allow } };
}
