import { PermanentError } from '../../text/errors.ts';
import type { ErrorOutcome, OutcomeRow } from '../../text/outcome-row.ts';

/** The fields of a `Status` that explain why a request failed. */
export interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: { readonly causes?: readonly { readonly reason?: string }[] };
}

/**
 * An answer of the API server that is not a success. `code` is the HTTP status, `reason` the `Status`' reason
 * (`AlreadyExists`, `Conflict`, `Expired`).
 */
export class KubernetesError extends Error {
  override name = 'KubernetesError';
  constructor(
    message: string,
    readonly code: number,
    readonly reason: string,
    readonly retryAfterMs: number | undefined,
    /** Its row in `kubernetesRefusals`. */
    readonly refusal: KubernetesRefusal,
  ) {
    super(message);
  }
}

/**
 * What each answer of the API server means for a run. The kinds of 403 are distinguished by the messages of
 * Kubernetes' admission plugins. `test/e2e/refusals.test.ts` provokes each of them on a real API server.
 */
export const kubernetesRefusals = {
  terminating: row(
    'try again',
    '403, cause `NamespaceTerminating`',
    'the namespace is being deleted',
    'wait until it is deleted, and create it again',
  ),
  quota: row(
    'try again',
    '403, `exceeded quota`',
    'a ResourceQuota of the namespace is used up',
    'raise the quota, or delete what uses it up',
  ),
  webhook: row(
    'try again',
    '4xx, `admission webhook … denied the request`',
    'a webhook of the cluster refused the object',
    'read the message of the webhook; change its rules, or do what it asks for',
  ),
  policy: row(
    'needs a person',
    '422 or 403, `ValidatingAdmissionPolicy … denied request`',
    'a policy of the cluster refuses the object',
    'read the message of the policy; change it, or the settings',
  ),
  missingRight: row(
    'needs a person',
    '403, `User … cannot …`',
    'the ServiceAccount, or the user of the kubeconfig, lacks a right',
    'apply the Roles that `synth` renders',
  ),
  forbidden: row(
    'needs a person',
    '403, any other',
    'the API server, or a proxy before it, refuses the request',
    'read its message',
  ),
  unauthorized: row(
    'needs a person',
    '401',
    'the token or certificate of the run is not accepted',
    'check the ServiceAccount, or the user of the kubeconfig',
  ),
  malformed: row(
    'needs a person',
    '400, 405, 406, 413, 415, 422',
    'the API server does not accept the request',
    'compare the versions of Kubernetes and of the CRDs with those that are supported',
  ),
  notFound: row(
    'try again',
    '404',
    'an object, its namespace or its kind does not exist yet',
    'apply what is missing',
  ),
  conflict: row('try again', '409', 'another client wrote the object at the same time', 'nothing'),
  expired: row('try again', '410', 'the resource version of a watch is too old', 'nothing'),
  busy: row(
    'try again',
    '429',
    'the API server is busy, or a PodDisruptionBudget prevents an eviction',
    'nothing; a budget that never allows a disruption has to be changed',
  ),
  // Kubernetes 1.36, pkg/registry/core/pod/storage/eviction.go.
  budgets: row(
    'needs a person',
    '500, `more than one PodDisruptionBudget`',
    'a pod has several PodDisruptionBudgets, and is not evicted whatever they allow',
    'leave one of them that selects the pod',
  ),
  unavailable: row(
    'try again',
    '408, 500, 502, 503, 504',
    'the API server, a webhook that it calls, or a proxy does not answer',
    'nothing; if it persists, check the API server and its webhooks',
  ),
  other: row(
    'try again',
    'any other answer, or none',
    'the API server cannot be reached',
    'check its address, DNS, TLS and proxies',
  ),
} as const satisfies Record<string, OutcomeRow>;
export type KubernetesRefusal = keyof typeof kubernetesRefusals;

/** HTTP statuses after which the client repeats the request. */
const retriedCodes: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** The row of an answer in `kubernetesRefusals`. */
export function refusalOf(code: number, { message = '', details }: Status): KubernetesRefusal {
  const isRefusal = code === 403 || code === 422 || code === 400;
  if (code === 403 && details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating'))
    return 'terminating';
  if (code === 403 && message.includes('exceeded quota')) return 'quota';
  if (code < 500 && /admission webhook .* denied the request/.test(message)) return 'webhook';
  if (isRefusal && /ValidatingAdmissionPolicy .* denied request/.test(message)) return 'policy';
  if (code === 500 && message.includes('more than one PodDisruptionBudget')) return 'budgets';
  if (code === 403) return /User ".*" cannot /.test(message) ? 'missingRight' : 'forbidden';
  return byCode.get(code) ?? 'other';
}

const byCode = new Map<number, KubernetesRefusal>([
  [401, 'unauthorized'],
  [404, 'notFound'],
  [409, 'conflict'],
  [410, 'expired'],
  [429, 'busy'],
  ...[408, 500, 502, 503, 504].map((code) => [code, 'unavailable'] as const),
  ...[400, 405, 406, 413, 415, 422].map((code) => [code, 'malformed'] as const),
]);

export function outcomeOfRefusal({ refusal }: KubernetesError): ErrorOutcome {
  return kubernetesRefusals[refusal].outcome;
}

/** Whether the client repeats the request: a transient answer, or none. */
export function isRetried(error: unknown): boolean {
  if (error instanceof PermanentError) return false;
  if (!(error instanceof KubernetesError)) return true;
  return retriedCodes.has(error.code) && outcomeOfRefusal(error) === 'try again';
}

/**
 * Whether the API server answered so. The HTTP status alone does not say it: a webhook that denies a request chooses
 * the status.
 */
export function isRefusedAs(error: unknown, refusal: KubernetesRefusal): boolean {
  return error instanceof KubernetesError && error.refusal === refusal;
}

function row(outcome: ErrorOutcome, answer: string, meaning: string, whatToDo: string): OutcomeRow {
  return { answer, meaning, outcome, whatToDo };
}
