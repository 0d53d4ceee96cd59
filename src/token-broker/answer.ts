/** What became of a request; one counter for each. */
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

/** An answer to a request, whole. */
export interface Answer {
  readonly outcome: Outcome;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Of every answer: nothing here may be kept (RFC 6749 §5.1). */
const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache', 'X-Content-Type-Options': 'nosniff' };
const jsonHeaders = { ...noStore, 'Content-Type': 'application/json;charset=UTF-8' };

/** An answer in JSON. */
export function json(outcome: Outcome, status: number, content: object): Answer {
  return { outcome, status, headers: jsonHeaders, body: JSON.stringify(content) };
}

/**
 * An error as RFC 6749 §5.2 has it.
 *
 * @param description words of ours alone, without `"` and `\`, which the RFC does not allow.
 */
export function oauthError(outcome: Outcome, status: number, error: string, description: string): Answer {
  return json(outcome, status, { error, error_description: description });
}

/** A request that is wrong by itself. */
export function invalidRequest(
  description: string,
  outcome: Outcome = 'invalid_request',
  status = 400,
): Answer {
  return oauthError(outcome, status, 'invalid_request', description);
}

/** Text for Prometheus. */
export function metricsText(body: string): Answer {
  const headers = { ...noStore, 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' };
  return { outcome: 'metrics', status: 200, headers, body };
}

/** A method that the path does not have. @param allow the methods that it has, as the header spells them. */
export function methodNotAllowed(allow: string): Answer {
  const answer = invalidRequest(`this path answers ${allow} only`, 'method_not_allowed', 405);
  return { ...answer, headers: { ...answer.headers, Allow: allow } };
}
