import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { SecretKey } from '../catalog/catalog.ts';
import { orgKey } from '../catalog/names.ts';
import type {
  KubernetesClient,
  KubernetesObject,
  ObjectAddress,
} from '../clients/kubernetes/kubernetes-client.ts';
import { hasCode } from '../clients/kubernetes/kubernetes-errors.ts';
import type { Resource } from '../clients/kubernetes/kubernetes-request.ts';
import { watchObject } from '../clients/kubernetes/watch.ts';
import { PermanentError } from '../text/errors.ts';

/**
 * Everything that registration reads and writes in the cluster, but pods (`pods.ts`). Its rights:
 * `manifests/registration-access.ts`.
 */
export const resources = {
  secrets: { group: '', version: 'v1', plural: 'secrets' },
  configMaps: { group: '', version: 'v1', plural: 'configmaps' },
  pods: { group: '', version: 'v1', plural: 'pods' },
  deployments: { group: 'apps', version: 'v1', plural: 'deployments' },
  jobs: { group: 'batch', version: 'v1', plural: 'jobs' },
  events: { group: 'events.k8s.io', version: 'v1', plural: 'events' },
  lakekeepers: { group: 'lakekeeper.k8s.lakekeeper.io', version: 'v1alpha1', plural: 'lakekeepers' },
  ducklings: { group: 'k8s.posthog.com', version: 'v1alpha1', plural: 'ducklings' },
} as const satisfies Record<string, Resource>;

/** A Secret as the API server returns it: always `data`, in base64, whatever it was written as. */
export interface SecretObject extends KubernetesObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  /** Of the Lakekeeper only: the generation that it speaks of. */
  readonly observedGeneration?: number;
  readonly lastTransitionTime?: string;
}

/** The operator's custom resource (docs/facts/lakekeeper-crd.md §3). */
export interface LakekeeperObject extends KubernetesObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly bootstrappedAt?: string;
    readonly serverID?: string;
    readonly migrationJob?: string;
  };
}

export interface JobObject extends KubernetesObject {
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly active?: number;
    readonly succeeded?: number;
    readonly failed?: number;
  };
}

/**
 * The part of a Duckling's status that holds the credential (docs/facts/duckgres-warehouse-row.md §4): in clear, or by
 * reference.
 */
export interface DucklingCredential {
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly passwordSecret: SecretKey | undefined;
}

/** Annotation of the custom resource: when the operator was last asked to look at it. */
export const reconcileRequestedAtKey = 'lakekeeper-gitops/reconcile-requested-at';

/** Secrets by `namespace/name`, as they were when they were first read. */
export type SecretReads = Map<string, Promise<SecretObject | undefined>>;

/** @returns the Secret; undefined when it is not there. */
export function readSecret(client: KubernetesClient, at: ObjectAddress): Promise<SecretObject | undefined> {
  return readObject<SecretObject>(client, resources.secrets, at);
}

/**
 * One value of a Secret, as text.
 *
 * @throws Error when the Secret or the key is not there (yet: something else may be about to write it); PermanentError
 *   when the value is empty or not text.
 */
export async function readSecretKey(
  client: KubernetesClient,
  { namespace, name, key }: SecretKey,
  reads: SecretReads = new Map(),
): Promise<string> {
  const read = reads.get(`${namespace}/${name}`) ?? readSecret(client, { namespace, name });
  reads.set(`${namespace}/${name}`, read);
  const secret = await read;
  if (secret === undefined)
    throw new Error(`there is no Secret ${namespace}/${name}; its key ${key} is needed`);
  const encoded = secret.data?.[key];
  if (encoded === undefined) {
    const keys = Object.keys(secret.data ?? {}).sort();
    throw new Error(
      `Secret ${namespace}/${name} has no key ${key}; it has: ${keys.join(', ') || 'no keys at all'}`,
    );
  }
  const value = decodeSecretValue(encoded);
  if (!value)
    throw new PermanentError(
      `key ${key} of Secret ${namespace}/${name} is ${value === '' ? 'empty' : 'not text'}`,
    );
  return value;
}

/** @returns the text; undefined when it is not base64 of UTF-8. */
export function decodeSecretValue(encoded: string): string | undefined {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** @throws Error when the Duckling is not there, or its status holds no credential yet. */
export async function readDucklingCredential(
  client: KubernetesClient,
  at: ObjectAddress,
): Promise<DucklingCredential> {
  const duckling = await readObject<
    KubernetesObject & { status?: { metadataStore?: Record<string, unknown> } }
  >(client, resources.ducklings, at);
  if (duckling === undefined) throw new Error(`there is no Duckling ${at.namespace}/${at.name}`);
  const store = duckling.status?.metadataStore ?? {};
  const reference = (store.credentialSecretRef ?? {}) as Record<string, unknown>;
  const [name, key] = [textOf(reference.name), textOf(reference.key)];
  const passwordSecret = name && key && { namespace: textOf(reference.namespace) ?? at.namespace, name, key };
  const password = textOf(store.password);
  if (!passwordSecret && password === undefined)
    throw new Error(`Duckling ${at.namespace}/${at.name} has no password in status.metadataStore yet`);
  return { user: textOf(store.user), password, passwordSecret: passwordSecret || undefined };
}

export interface NewSecret extends ObjectAddress {
  readonly org: string;
  /** Value of the org label: the org id where it is a label value. */
  readonly orgLabel: string;
  /** In base64. */
  readonly data: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Makes the org's Secret. Nothing on it lets Argo CD take it for a resource of the application, which it would prune.
 *
 * @returns the Secret, and whether it is ours: when somebody was quicker, theirs is what counts.
 */
export async function createSecret(
  client: KubernetesClient,
  { namespace, name, org, orgLabel, data, annotations }: NewSecret,
): Promise<{ readonly outcome: 'created' | 'exists'; readonly secret: SecretObject }> {
  const metadata = {
    name,
    namespace,
    labels: { 'app.kubernetes.io/part-of': 'lakekeeper-gitops', [orgKey]: orgLabel },
    annotations: { ...annotations, [orgKey]: org },
  };
  const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
  try {
    const call = { verb: 'create', resource: resources.secrets, namespace, body } as const;
    return { outcome: 'created', secret: await client.call<SecretObject>(call) };
  } catch (error) {
    if (!hasCode(error, 409)) throw error;
    const secret = await readSecret(client, { namespace, name });
    if (secret === undefined) throw new Error(`Secret ${namespace}/${name} was there and is gone again`);
    return { outcome: 'exists', secret };
  }
}

/**
 * Sets keys and annotations of a Secret, and touches nothing else; a null annotation is taken away.
 *
 * @param observed what the decision was made from: the Secret is only written when it is still that one.
 * @returns the Secret as it is now; `conflict`: somebody wrote it meanwhile, decide again.
 */
export async function patchSecret(
  client: KubernetesClient,
  { namespace, name }: ObjectAddress,
  observed: SecretObject,
  change: {
    readonly data?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string | null>>;
  },
): Promise<{ readonly outcome: 'updated' | 'conflict'; readonly secret: SecretObject }> {
  // No two objects ever share a version: one that was deleted and made anew is found out, too.
  const { resourceVersion } = observed.metadata;
  const { annotations, data } = change;
  const metadata = { resourceVersion, ...(annotations && { annotations }) };
  const body = { metadata, ...(data && { data }) };
  try {
    const call = { verb: 'patch', resource: resources.secrets, namespace, name, body } as const;
    return { outcome: 'updated', secret: await client.call<SecretObject>(call) };
  } catch (error) {
    if (!hasCode(error, 409) && !hasCode(error, 404)) throw error;
    const secret = await readSecret(client, { namespace, name });
    if (secret === undefined)
      throw new Error(`Secret ${namespace}/${name} was deleted meanwhile`, { cause: error });
    return { outcome: 'conflict', secret };
  }
}

export function readLakekeeper(
  client: KubernetesClient,
  at: ObjectAddress,
): Promise<LakekeeperObject | undefined> {
  return readObject<LakekeeperObject>(client, resources.lakekeepers, at);
}

export function watchLakekeeper(client: KubernetesClient, at: ObjectAddress, signal: AbortSignal) {
  return watchObject<LakekeeperObject>(client, resources.lakekeepers, at, signal);
}

export function readJob(client: KubernetesClient, at: ObjectAddress): Promise<JobObject | undefined> {
  return readObject<JobObject>(client, resources.jobs, at);
}

export function watchJob(client: KubernetesClient, at: ObjectAddress, signal: AbortSignal) {
  return watchObject<JobObject>(client, resources.jobs, at, signal);
}

/** Has the operator look at a custom resource again: it watches those, and no Secrets. */
export async function requestReconcile(client: KubernetesClient, at: ObjectAddress): Promise<void> {
  const body = { metadata: { annotations: { [reconcileRequestedAtKey]: new Date().toISOString() } } };
  await client.call({ verb: 'patch', resource: resources.lakekeepers, ...at, body });
}

export interface CatalogEvent {
  readonly type: 'Normal' | 'Warning';
  /** Machine-readable, `UpperCamelCase`. */
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  /** What follows the note, and is never cut off. */
  readonly wayOn?: string;
  readonly at: Date;
}

/** Tells an Event on the custom resource, for `kubectl describe`. */
export async function createEvent(
  client: KubernetesClient,
  regarding: LakekeeperObject,
  { type, reason, action, note, wayOn = '', at }: CatalogEvent,
): Promise<void> {
  const { namespace = '', name, uid, resourceVersion } = regarding.metadata;
  const { group, version } = resources.lakekeepers;
  // A fixed name: sending it again after a time-out does not tell it twice.
  const identity = createHash('sha256')
    .update([uid, reason, note, at.toISOString()].join('\n'))
    .digest('hex');
  const body = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${identity.slice(0, 16)}`, namespace },
    // A MicroTime: six digits.
    eventTime: at.toISOString().replace('Z', '000Z'),
    reportingController: 'lakekeeper-gitops/register',
    reportingInstance: 'lakekeeper-gitops',
    type,
    reason: reason.slice(0, 128),
    action: action.slice(0, 128),
    // Limit of the API: 1 kB, in bytes.
    note:
      Buffer.from(note)
        .subarray(0, 1020 - Buffer.byteLength(wayOn))
        .toString('utf8')
        .replace(/\uFFFD$/, '') + wayOn,
    regarding: {
      apiVersion: `${group}/${version}`,
      kind: 'Lakekeeper',
      namespace,
      name,
      uid,
      resourceVersion,
    },
  };
  try {
    await client.call({ verb: 'create', resource: resources.events, namespace, body });
  } catch (error) {
    if (!hasCode(error, 409)) throw error;
  }
}

export interface ConfigMapObject extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

export function readConfigMap(
  client: KubernetesClient,
  at: ObjectAddress,
): Promise<ConfigMapObject | undefined> {
  return readObject<ConfigMapObject>(client, resources.configMaps, at);
}

/** Makes a ConfigMap hold these data and no other; labels and annotations that others put on it stay. */
export async function ensureConfigMap(
  client: KubernetesClient,
  { namespace, name }: ObjectAddress,
  desired: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly data: Readonly<Record<string, string>>;
  },
): Promise<'unchanged' | 'created' | 'updated'> {
  const { labels = {}, annotations = {}, data } = desired;
  let observed = await readConfigMap(client, { namespace, name });
  if (observed === undefined) {
    const metadata = { name, namespace, labels, annotations };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    try {
      await client.call({ verb: 'create', resource: resources.configMaps, namespace, body });
      return 'created';
    } catch (error) {
      if (!hasCode(error, 409)) throw error;
      observed = await readConfigMap(client, { namespace, name });
    }
  }
  const held = observed?.data ?? {};
  const isKept = (wanted: Readonly<Record<string, string>>, has?: Readonly<Record<string, string>>) =>
    Object.entries(wanted).every(([key, value]) => has?.[key] === value);
  if (
    isDeepStrictEqual({ ...held }, { ...data }) &&
    isKept(labels, observed?.metadata.labels) &&
    isKept(annotations, observed?.metadata.annotations)
  )
    return 'unchanged';
  const gone = Object.fromEntries(
    Object.keys(held)
      .filter((key) => !Object.hasOwn(data, key))
      .map((key) => [key, null]),
  );
  const body = { metadata: { labels, annotations }, data: { ...gone, ...data } };
  await client.call({ verb: 'patch', resource: resources.configMaps, namespace, name, body });
  return 'updated';
}

/** @returns the object; undefined when it is not there. */
export async function readObject<T>(
  client: KubernetesClient,
  resource: Resource,
  { namespace, name }: ObjectAddress,
): Promise<T | undefined> {
  try {
    return await client.call<T>({ verb: 'get', resource, namespace, name });
  } catch (error) {
    if (hasCode(error, 404)) return undefined;
    throw error;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
