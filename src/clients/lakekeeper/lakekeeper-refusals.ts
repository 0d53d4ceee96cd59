import type { ErrorOutcome, OutcomeRow } from '../../text/outcome-row.ts';

/**
 * Every error type that Lakekeeper may answer to the requests of this product, and what it means for the run. An
 * error of the data store has the kind of the I/O error as its type. These are retried, because a cloud takes some
 * time until new rights and keys are effective. Sources: docs/facts/lakekeeper-management-api.md §1.1 and the
 * recordings in test/contracts/recordings/lakekeeper.
 */
const lakekeeperRefusals = {
  MissingAuthorizationHeader: row(
    401,
    'try again',
    'the catalog requires a token',
    'set authentication for the org',
  ),
  AuthenticationFailed: row(
    401,
    'try again',
    'the catalog does not accept the token, and only its log says why',
    "check the token's audience, issuer and expiry; with Kubernetes authentication also the right " +
      "of the catalog's ServiceAccount to create tokenreviews, without which the answer is the same: " +
      'kubectl auth can-i create tokenreviews.authentication.k8s.io ' +
      '--as=system:serviceaccount:NAMESPACE:NAME',
  ),

  CatalogAlreadyBootstrapped: row(400, 'try again', 'another client bootstrapped the catalog', 'nothing'),
  ConcurrentBootstrap: row(400, 'try again', 'another client is bootstrapping the catalog', 'nothing'),
  TermsOfUseNotAccepted: row(400, 'needs a person', 'the terms of use were not accepted', 'report a bug'),
  ProjectNotFound: row(
    404,
    'try again',
    'the default project does not exist',
    'nothing: the next run creates it',
  ),
  ProjectIdAlreadyExists: row(409, 'try again', 'another client created the project', 'nothing'),
  ProjectIdMissing: row(
    400,
    'needs a person',
    'the catalog has no default project',
    'remove LAKEKEEPER__ENABLE_DEFAULT_PROJECT from its pods',
  ),

  EmptyWarehouseName: row(400, 'usage error', 'the warehouse has no name', 'set one'),
  WarehouseNameTooLong: row(
    400,
    'usage error',
    'the name of the warehouse is longer than 128 bytes',
    'set a shorter one',
  ),
  WarehouseAlreadyExists: row(
    409,
    'needs a person',
    'another warehouse has the name',
    'override the warehouse name of the org, or remove the other one',
  ),
  CreateWarehouseStorageProfileOverlap: row(
    400,
    'needs a person',
    'another warehouse uses the same location',
    'give the org another prefix or bucket, or override its warehouse name with the existing one',
  ),
  UpdateError: row(
    400,
    'needs a person',
    'Lakekeeper cannot move a warehouse',
    "restore the former value in the org's data store, or retire the org and register it again",
  ),
  UnexpectedStorageProfileType: row(
    400,
    'usage error',
    'the credential is of another kind of data store',
    "correct the org's data store",
  ),
  MissingCredentialError: row(400, 'usage error', 'this kind of data store needs a credential', 'set one'),
  Misconfiguration: row(
    400,
    'needs a person',
    'the catalog does not use the identity of its pods',
    'set operator.amendments: true, or use the fork of the operator, or give the data store a credential',
  ),

  PermissionDenied: row(
    400,
    'try again',
    'the data store refuses to write, read, list or delete',
    'correct its policies',
  ),
  NotFound: row(
    400,
    'try again',
    'the bucket does not exist',
    'create it, or correct its name, endpoint or region',
  ),
  ConfigInvalid: row(
    400,
    'try again',
    'the data store does not know the key id',
    'correct the Secret of the credential',
  ),
  RequestTimeout: row(
    400,
    'try again',
    'the data store is slow',
    'nothing; if it persists, check the network',
  ),
  ServiceUnavailable: row(400, 'try again', 'the data store is busy', 'nothing'),
  RateLimited: row(400, 'try again', 'the data store is busy', 'nothing'),
  ConditionNotMatch: row(
    400,
    'try again',
    'another client wrote to the data store at the same time',
    'nothing',
  ),
  CredentialsExpired: row(400, 'try again', 'the credential has expired', 'renew it in its Secret'),
  Unexpected: row(
    400,
    'try again',
    'the data store cannot be used, and the server does not say why',
    'check endpoint, DNS, TLS, network ranges and credential, in the order that the message has ' +
      'for the kind of store',
  ),
  ShortTermCredentialError: row(
    412,
    'try again',
    'short-lived credentials cannot be issued',
    'let the role trust the catalog, or set stsEnabled: false for the data store',
  ),
  InitializeClientError: row(
    412,
    'try again',
    'the server cannot make a client for the data store',
    'check its endpoint and credential',
  ),

  NoSuchWarehouseException: row(
    404,
    'try again',
    'there is no such active warehouse',
    'nothing: the next run creates it',
  ),
  WarehouseNotFound: row(404, 'try again', 'the same before 0.12.1', 'nothing: the next run creates it'),
  WarehouseActionForbidden: row(
    403,
    'needs a person',
    'the authorizer of the catalog refuses it',
    'use the allow-all authorizer',
  ),
  WarehouseManaged: row(
    403,
    'needs a person',
    'the warehouse is managed by an instance admin',
    'let one of them set managed-by to self-managed, or make the change themselves',
  ),
  InstanceAdminRequired: row(403, 'needs a person', 'only an instance admin may do it', 'ask one of them'),

  GetConfigNoWarehouseProvided: row(400, 'needs a person', 'the request names no warehouse', 'report a bug'),
  CatalogBackendError: row(
    503,
    'try again',
    'the metadata store of the catalog does not answer',
    'nothing; if it persists, check its Postgres and the password in the Secret',
  ),
  MaintenanceModeError: row(
    503,
    'try again',
    'the catalog is in maintenance mode',
    'nothing, until that ends',
  ),
  SecretFetchError: row(
    500,
    'try again',
    'the pods of the catalog cannot read a stored credential',
    'restart them with the encryption key of the Secret; the next run sends the credential again',
  ),
  SecretParseError: row(
    500,
    'try again',
    'the pods of the catalog cannot read a stored credential',
    'restart them with the encryption key of the Secret; the next run sends the credential again',
  ),
} as const satisfies Record<string, Refusal>;

/**
 * Answers with an error type that is not listed, and answers without one, from the web framework or a proxy.
 */
const otherLakekeeperRefusals = {
  invalidField: {
    answer: '400, `Invalid…`',
    outcome: 'usage error',
    meaning:
      'the server does not accept a value of the storage profile, or the prefix is not empty (`InvalidLocation`)',
    whatToDo: "correct the org's data store",
  },
  refusedToken: {
    answer: '401 without a type',
    outcome: 'try again',
    meaning: 'the catalog, before 0.12, does not accept the token',
    whatToDo: lakekeeperRefusals.AuthenticationFailed.whatToDo,
  },
  malformed: {
    answer: '400, 405, 413, 415, 422 without a type',
    outcome: 'needs a person',
    meaning: 'the server does not accept the request',
    whatToDo: 'compare the version of the catalog with those that are supported',
  },
  timedOut: {
    answer: '408',
    outcome: 'try again',
    meaning: 'the server timed out after 30 s, usually because the data store does not answer',
    whatToDo: 'check the network between the catalog and the data store',
  },
  busy: {
    answer: '429, 500, 502, 503, 504',
    outcome: 'try again',
    meaning: 'the server, or a proxy before it, is busy or restarting',
    whatToDo: 'nothing',
  },
  unknownType: {
    answer: '4xx, any other type',
    outcome: 'needs a person',
    meaning: 'the server, of a newer version, refuses the request',
    whatToDo: 'read its message',
  },
  other: {
    answer: 'any other answer, or none',
    outcome: 'try again',
    meaning: 'the catalog cannot be reached, or another server answers',
    whatToDo: 'check its Service, DNS, TLS and proxies',
  },
} as const satisfies Record<string, OutcomeRow>;

/** What an error type means. `status` is the HTTP status of the answer. */
interface Refusal extends Omit<OutcomeRow, 'answer'> {
  readonly status: number;
}

function row(status: number, outcome: ErrorOutcome, meaning: string, whatToDo: string): Refusal {
  return { status, outcome, meaning, whatToDo };
}

/** Both tables as one, for `docs/reference.md`. */
export function lakekeeperOutcomes(): OutcomeRow[] {
  const typed = Object.entries(lakekeeperRefusals).map(([type, { status, outcome, meaning, whatToDo }]) => ({
    answer: `${status}, \`${type}\``,
    outcome,
    meaning,
    whatToDo,
  }));
  return [...typed, ...Object.values(otherLakekeeperRefusals)];
}

/**
 * What an answer means.
 *
 * @param status undefined without a complete answer.
 */
export function meaningOf(status: number | undefined, type: string | undefined): Omit<OutcomeRow, 'answer'> {
  const known: Record<string, Refusal> = lakekeeperRefusals;
  const refusal = type !== undefined && Object.hasOwn(known, type) ? known[type] : undefined;
  const { busy, timedOut, invalidField, malformed, other, refusedToken, unknownType } =
    otherLakekeeperRefusals;
  if (refusal !== undefined) return refusal;
  if (status === undefined || status < 400) return other;
  if (status === 401) return refusedToken;
  if (status === 408) return timedOut;
  if (status === 429 || status >= 500) return busy;
  if (type !== undefined) return type.startsWith('Invalid') ? invalidField : unknownType;
  return [400, 405, 413, 415, 422].includes(status) ? malformed : other;
}
