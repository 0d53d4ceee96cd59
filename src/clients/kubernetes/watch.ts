import type { KubernetesClient, KubernetesObject, ObjectAddress } from './kubernetes-client.ts';
import { isRefusedAs, isRetried } from './kubernetes-errors.ts';
import { type Call, errorOf, type Resource } from './kubernetes-request.ts';

export interface Collection {
  readonly resource: Resource;
  readonly namespace: string;
  /** `fieldSelector` or `labelSelector`. */
  readonly selector: Readonly<Record<string, string>>;
}

interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

/** The server ends a watch after this time. A connection that is open much longer is dead. */
const watchSeconds = 120;
const graceSeconds = 15;
/** A watch that ends sooner counts as a failure, also after an event: a proxy may close each one after its first. */
const shortWatchMs = 5_000;

/**
 * One object: its current state, then its state after every change; undefined while it does not exist. A Role with
 * `resourceNames` allows a watch only with this field selector.
 */
export async function* watchObject<T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource,
  { namespace, name }: ObjectAddress,
  signal: AbortSignal,
): AsyncGenerator<T | undefined> {
  const selector = { fieldSelector: `metadata.name=${name}` };
  for await (const [object] of watchCollection<T>(client, { resource, namespace, selector }, signal))
    yield object;
}

/**
 * The objects of a selection: their current state, then again after every change. Never ends by itself. A watch that
 * ends is resumed at the resource version of its last event or bookmark; when that has expired (410), the objects are
 * listed again. After failures, and after watches that were short, it waits with back-off, so no answer of a server or
 * a proxy causes a tight loop.
 *
 * @param signal ends it by throwing the signal's reason.
 * @throws the error of the first list; later, PermanentError and errors that a retry cannot help.
 */
export async function* watchCollection<T extends KubernetesObject>(
  client: KubernetesClient,
  { resource, namespace, selector }: Collection,
  signal: AbortSignal,
): AsyncGenerator<readonly T[]> {
  const list: Call = { verb: 'list', resource, namespace, query: selector };
  let failures = 0;
  let lastFingerprint: string | undefined;
  for (;;) {
    let found: List<T>;
    try {
      found = await client.call<List<T>>(list, signal);
    } catch (error) {
      // An API server that is being upgraded may be away for minutes, so only the first list gives up.
      signal.throwIfAborted();
      if (lastFingerprint === undefined || !isRetried(error)) throw error;
      await client.backOff(++failures, error, signal);
      continue;
    }
    const objects = new Map(found.items.map((object) => [object.metadata.name, object]));
    let version = found.metadata.resourceVersion;
    if (lastFingerprint !== fingerprint(objects)) {
      lastFingerprint = fingerprint(objects);
      yield [...objects.values()];
    }
    for (;;) {
      signal.throwIfAborted();
      const query = { ...selector, watch: 'true', allowWatchBookmarks: 'true', resourceVersion: version };
      const call: Call = {
        ...list,
        verb: 'watch',
        query: { ...query, timeoutSeconds: String(watchSeconds) },
      };
      const connection = AbortSignal.any([signal, AbortSignal.timeout((watchSeconds + graceSeconds) * 1000)]);
      const opened = performance.now();
      let failure: unknown;
      try {
        for await (const event of client.watch(call, connection)) {
          if (event.type === 'ERROR') throw errorOf(event.object, event.object.code ?? 500, call);
          version = event.object.metadata.resourceVersion;
          if (event.type === 'BOOKMARK') continue;
          if (event.type === 'DELETED') objects.delete(event.object.metadata.name);
          else objects.set(event.object.metadata.name, event.object as T);
          lastFingerprint = fingerprint(objects);
          yield [...objects.values()];
        }
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
      const isShort = performance.now() - opened < shortWatchMs;
      failures = isShort ? failures + 1 : 0;
      const isExpired = isRefusedAs(failure, 'expired');
      if (failure !== undefined && !isExpired && !isRetried(failure)) throw failure;
      // One expired version is normal, and needs no wait.
      if (isShort && !(isExpired && failures === 1)) await client.backOff(failures, failure, signal);
      if (isExpired) break;
    }
  }
}

function fingerprint(objects: ReadonlyMap<string, KubernetesObject>): string {
  return [...objects].map(([name, { metadata }]) => `${name}@${metadata.resourceVersion}`).join();
}
