import type { KubernetesClient, KubernetesObject, ObjectAddress } from './kubernetes-client.ts';
import { hasCode, isRetried } from './kubernetes-errors.ts';
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

/** The server ends a watch after this long; one that is still open later is a connection that died unnoticed. */
const watchSeconds = 120;
const graceSeconds = 15;
/** A watch that ends sooner is a failure, whatever it brought: a proxy may close each one after its first event. */
const shortWatchMs = 5_000;

/**
 * One object: as it is now, then after every change; undefined while it is not there. The selector is what lets a Role
 * with `resourceNames` allow it.
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
 * All objects of a selection: as they are now, then after every change. Never ends by itself: a connection that
 * ends is taken up where it stood (the version of the last event or bookmark), a version that the server no
 * longer has (410) by a new list. Nothing is polled: the server speaks when there is something; we wait, longer
 * each time, after failures and after watches that were short. Nothing that a server or a proxy does makes a
 * tight loop.
 *
 * @param signal ends it, by throwing the signal's reason.
 * @throws PermanentError when a right is missing; the first list's error.
 */
export async function* watchCollection<T extends KubernetesObject>(
  client: KubernetesClient,
  { resource, namespace, selector }: Collection,
  signal: AbortSignal,
): AsyncGenerator<readonly T[]> {
  const list: Call = { verb: 'list', resource, namespace, query: selector };
  let failures = 0;
  let shown: string | undefined;
  for (;;) {
    let found: List<T>;
    try {
      found = await client.call<List<T>>(list, signal);
    } catch (error) {
      // An API server that is being upgraded is away for minutes: only the first attempt may give up.
      signal.throwIfAborted();
      if (shown === undefined || !isRetried(error)) throw error;
      await client.backOff(++failures, error, signal);
      continue;
    }
    const objects = new Map(found.items.map((object) => [object.metadata.name, object]));
    let version = found.metadata.resourceVersion;
    if (shown !== fingerprint(objects)) {
      shown = fingerprint(objects);
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
          shown = fingerprint(objects);
          yield [...objects.values()];
        }
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
      const isShort = performance.now() - opened < shortWatchMs;
      failures = isShort ? failures + 1 : 0;
      const isExpired = hasCode(failure, 410);
      if (failure !== undefined && !isExpired && !isRetried(failure)) throw failure;
      // That a version is no longer there is ordinary once.
      if (isShort && !(isExpired && failures === 1)) await client.backOff(failures, failure, signal);
      if (isExpired) break;
    }
  }
}

function fingerprint(objects: ReadonlyMap<string, KubernetesObject>): string {
  return [...objects].map(([name, { metadata }]) => `${name}@${metadata.resourceVersion}`).join();
}
