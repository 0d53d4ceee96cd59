import { PermanentError, UsageError } from '../../text/errors.ts';

/**
 * What a refusal means for the run that meets it: `transient` passes by itself or by what others are doing, `permanent` needs a person,
 * `usage` is a value of the settings that the server does not take.
 */
export type Verdict = 'transient' | 'permanent' | 'usage';

export interface RefusalMeaning {
  readonly verdict: Verdict;
  /** What to do, or where to look. */
  readonly wayOut?: string;
}

/**
 * Every error type that Lakekeeper answers to what this product asks, and what it means. A refusal of the object store carries the kind of
 * the I/O error as its type; most of those pass, because rights and keys spread slowly in a cloud.
 * Sources: docs/facts/lakekeeper-management-api.md §1.1 and the recordings in test/contracts/recordings/lakekeeper.
 */
export const refusals: Readonly<Record<string, RefusalMeaning>> = {
  // Authentication: 401 never says why, the reason is in the server's log alone.
  MissingAuthorizationHeader: { verdict: 'transient', wayOut: 'the catalog wants a token, and none was sent' },
  AuthenticationFailed: {
    verdict: 'transient',
    wayOut:
      "the catalog does not say why it refuses the token, only its log does: look at the token's audience, issuer and end; with " +
      "Kubernetes authentication also at the right of the catalog's ServiceAccount to create tokenreviews.authentication.k8s.io " +
      '(kubectl auth can-i create tokenreviews.authentication.k8s.io --as=system:serviceaccount:NAMESPACE:NAME), which reads the same',
  },
  AnonymousBootstrap: { verdict: 'permanent', wayOut: 'the catalog is authorized by OpenFGA; expected allow-all' },

  // Bootstrap and project.
  CatalogAlreadyBootstrapped: { verdict: 'transient' },
  ConcurrentBootstrap: { verdict: 'transient' },
  TermsOfUseNotAccepted: { verdict: 'permanent' },
  ProjectNotFound: { verdict: 'transient', wayOut: 'the next run creates the default project' },
  ProjectIdAlreadyExists: { verdict: 'transient' },
  ProjectIdMissing: {
    verdict: 'permanent',
    wayOut: 'the catalog has no default project: remove LAKEKEEPER__ENABLE_DEFAULT_PROJECT from its pods',
  },
  NoProjectId: { verdict: 'permanent', wayOut: 'the catalog has no default project, and is authorized by OpenFGA' },
  MalformedProjectID: { verdict: 'permanent' },

  // Names, places and what a storage profile says.
  EmptyWarehouseName: { verdict: 'usage' },
  WarehouseNameTooLong: { verdict: 'usage' },
  WarehouseAlreadyExists: { verdict: 'permanent' },
  CreateWarehouseStorageProfileOverlap: { verdict: 'permanent' },
  UpdateError: {
    verdict: 'permanent',
    wayOut: "restore the former value in the org's data store: Lakekeeper cannot move a warehouse",
  },
  UnexpectedStorageProfileType: { verdict: 'usage', wayOut: 'the credential is of another kind of data store' },
  MissingCredentialError: { verdict: 'usage', wayOut: 'this kind of data store needs a credential' },
  Misconfiguration: {
    verdict: 'permanent',
    wayOut:
      "the catalog does not use the identity of its pods: set operator.amendments: true, or use the fork of the operator, or give the data store a credential of its own",
  },

  // The object store, as the server met it.
  PermissionDenied: { verdict: 'transient' },
  NotFound: { verdict: 'transient' },
  ConfigInvalid: { verdict: 'transient' },
  RequestTimeout: { verdict: 'transient' },
  ServiceUnavailable: { verdict: 'transient' },
  RateLimited: { verdict: 'transient' },
  ConditionNotMatch: { verdict: 'transient' },
  CredentialsExpired: { verdict: 'transient' },
  Unexpected: { verdict: 'transient' },
  ShortTermCredentialError: { verdict: 'transient' },
  InitializeClientError: { verdict: 'transient' },

  // A warehouse that is there, or not any more.
  NoSuchWarehouseException: { verdict: 'transient', wayOut: 'the next run creates or activates the warehouse' },
  WarehouseNotFound: { verdict: 'transient', wayOut: 'the next run creates or activates the warehouse' },
  WarehouseActionForbidden: { verdict: 'permanent', wayOut: 'the catalog authorizes; expected allow-all' },
  WarehouseManaged: {
    verdict: 'permanent',
    wayOut:
      'the warehouse is managed by an instance admin: let one of them set managed-by to self-managed, or make the change themselves',
  },
  InstanceAdminRequired: { verdict: 'permanent' },
  WarehouseNotEmpty: { verdict: 'permanent', wayOut: 'the warehouse still holds tables or views' },
  WarehouseProtected: { verdict: 'permanent', wayOut: 'the warehouse is protected against deletion' },
  WarehouseHasUnfinishedTasks: { verdict: 'transient' },

  // The server itself.
  GetConfigNoWarehouseProvided: { verdict: 'permanent' },
  NoHostHeader: { verdict: 'permanent', wayOut: 'the catalog has no LAKEKEEPER__BASE_URI (spec.server.baseURI)' },
  CatalogBackendError: { verdict: 'transient', wayOut: "look at the catalog's metadata store: its Postgres does not answer" },
  MaintenanceModeError: { verdict: 'transient', wayOut: 'the catalog is in maintenance mode' },
  RequestInProgress: { verdict: 'transient' },
  SecretFetchError: {
    verdict: 'transient',
    wayOut: "the catalog's pods cannot read a stored credential: they run with another encryption key",
  },
  SecretParseError: {
    verdict: 'transient',
    wayOut: "the catalog's pods cannot read a stored credential: they run with another encryption key",
  },
};

/** A field that the server does not take is `Invalid` and its name, as `Invalidsts-role-arn`. */
const invalidField: RefusalMeaning = {
  verdict: 'usage',
  wayOut: "the server does not take this value: correct the org's data store",
};

/** Answers without an error type: of the web framework under Lakekeeper, of a proxy before it, or of another server. */
const untyped: Readonly<Record<number, RefusalMeaning>> = {
  400: { verdict: 'permanent' },
  401: refusals.AuthenticationFailed ?? { verdict: 'transient' },
  405: { verdict: 'permanent' },
  408: { verdict: 'transient', wayOut: 'the server gave up, as it does when the data store does not answer' },
  413: { verdict: 'permanent' },
  415: { verdict: 'permanent' },
  422: { verdict: 'permanent' },
};

/**
 * What an answer means. An error type that is not known is of a newer version: it needs a person where the status says that the request is
 * wrong, and passes where it says that the server is.
 *
 * @param status undefined when there was no answer, or only half of one.
 */
export function meaningOf(status: number | undefined, type: string | undefined): RefusalMeaning {
  const known = type === undefined ? undefined : refusals[type];
  if (known !== undefined) return known;
  if (status === undefined || status < 400 || status >= 500) return { verdict: 'transient' };
  if (status === 401 || status === 408 || status === 429) return untyped[status] ?? { verdict: 'transient' };
  if (type === undefined) return untyped[status] ?? { verdict: 'transient' };
  return /^Invalid/.test(type) ? invalidField : { verdict: 'permanent' };
}

/** The server refused, gave an answer that is none, or could not be reached. The message holds no credential. */
export class LakekeeperError extends Error {
  override name = 'LakekeeperError';
  /** Of the answer; undefined when there was none, or only half of one. */
  readonly status: number | undefined;
  /** Lakekeeper's word for what is wrong, as `WarehouseAlreadyExists`; undefined when the answer did not say. */
  readonly type: string | undefined;
  readonly meaning: RefusalMeaning;
  /** What the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, answer: LakekeeperAnswer = {}, options?: ErrorOptions) {
    super(message, options);
    this.status = answer.status;
    this.type = answer.type;
    this.meaning = meaningOf(answer.status, answer.type);
    this.retryAfterMs = answer.retryAfterMs;
  }

  /** Whether the same request may succeed later. */
  get isTransient(): boolean {
    return this.meaning.verdict === 'transient';
  }
}

export interface LakekeeperAnswer {
  readonly status?: number | undefined;
  readonly type?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** Statuses of a server, or a proxy before it, that is busy, restarting or not there yet. */
const busy: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * Whether the request is sent again at once, in the same run: no answer, or a server that is busy. Every request of this product may be
 * repeated (`lakekeeper-client.ts`). A refusal of the object store, which took its time, is for the caller.
 */
export function isRepeated({ status, type }: LakekeeperError): boolean {
  if (status === undefined) return true;
  return busy.has(status) && type !== 'SecretFetchError' && type !== 'SecretParseError';
}

/**
 * Runs a piece of work on the server, and makes of its refusal the class that the run ends with.
 *
 * @throws an error that says `while …` and the way out, with the error of the work as its cause.
 */
export async function whileAsking<T>(
  what: string,
  work: () => Promise<T>,
  wayOut: (error: LakekeeperError) => string | undefined = ({ meaning }) => meaning.wayOut,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof LakekeeperError)) throw cause;
    const hint = wayOut(cause);
    const message = `while ${what}${hint === undefined ? '' : `; ${hint}`}`;
    const { verdict } = cause.meaning;
    if (verdict === 'usage') throw new UsageError(message, { cause });
    throw verdict === 'permanent' ? new PermanentError(message, { cause }) : new Error(message, { cause });
  }
}

/** The LakekeeperError among an error and its causes. */
export function lakekeeperErrorIn(error: unknown): LakekeeperError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof LakekeeperError) return e;
  return undefined;
}
