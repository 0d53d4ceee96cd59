import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A client of an API server for tests: every kind by its name, by discovery, and nothing hidden: no repetition,
 * strict field validation, the server's warnings. It is not the product's, which is what is tested.
 */
export interface Cluster {
  /** The object as it is stored now; undefined when it is not there. */
  get<T extends ClusterObject = ClusterObject>(of: Reference): Promise<T | undefined>;
  list<T extends ClusterObject = ClusterObject>(
    of: { readonly apiVersion: string; readonly kind: string },
    namespace?: string,
  ): Promise<T[]>;
  exists(of: Reference): Promise<boolean>;
  create<T extends ClusterObject>(object: T): Promise<T>;
  /** Overwrites the object; refused when it is no longer the version that it says. */
  replace<T extends ClusterObject>(object: T, subresource?: string): Promise<T>;
  /** Server-side apply. */
  apply(object: ClusterObject, options?: { readonly dryRun?: boolean }): Promise<Answer>;
  /** A JSON merge patch. */
  patch(of: Reference, body: unknown, subresource?: string): Promise<ClusterObject>;
  delete(of: Reference, options?: { readonly propagation?: string }): Promise<void>;
  /**
   * Everything that happens to objects of a kind from now on, begun with those that are there; goes on after a watch
   * has ended.
   */
  follow<T extends ClusterObject = ClusterObject>(
    of: { readonly apiVersion: string; readonly kind: string },
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly type: 'APPLIED' | 'DELETED'; readonly object: T }>;
  /** A token of a ServiceAccount, as a pod's volume has it. */
  token(namespace: string, account: string, options?: TokenOptions): Promise<string>;
  /** The same API server, as somebody else; as nobody with an empty token. */
  as(token: string): Cluster;
  isReady(): Promise<boolean>;
  send(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly warnings: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: any object of any kind.
  readonly body: any;
}

export interface Reference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

export interface ClusterObject extends Reference {
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly managedFields?: readonly { readonly operation: string; readonly fieldsV1: object }[];
    readonly ownerReferences?: readonly {
      readonly apiVersion: string;
      readonly kind: string;
      readonly name: string;
      readonly uid: string;
      readonly controller?: boolean;
      readonly blockOwnerDeletion?: boolean;
    }[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: any object of any kind.
  readonly [field: string]: any;
}

export interface TokenOptions {
  /** The API server itself when left out. */
  readonly audiences?: readonly string[] | undefined;
  readonly expirationSeconds?: number | undefined;
  /** The token is good for as long as the pod is there. */
  readonly pod?: { readonly name: string; readonly uid: string };
}

/** What the API server refused. */
export class Refusal extends Error {
  override name = 'Refusal';
  constructor(
    what: string,
    readonly status: number,
    readonly reason: string,
    /** The API server's own words. */
    readonly said: string,
  ) {
    super(`${what}: ${status} ${reason}: ${said}`);
  }
}

export interface ClusterConnection {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
}

export function connectCluster({ server, ca, token }: ClusterConnection): Cluster {
  const authorization = token === '' ? {} : { authorization: `Bearer ${token}` };
  const send: Cluster['send'] = (method, path, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      // Without its length the body of a DELETE would be taken for the next request.
      const length = { 'content-length': String(Buffer.byteLength(text)) };
      const headers = { ...authorization, 'content-type': contentType, ...length };
      const sent = request(`${server}${path}`, { method, ca, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          const isJSON = response.headers['content-type']?.includes('json');
          resolve({
            status: response.statusCode ?? 0,
            warnings: response.rawHeaders.filter(
              (_, n, all) => n % 2 === 1 && /^warning$/i.test(all[n - 1] ?? ''),
            ),
            body: isJSON ? JSON.parse(answer) : answer,
          });
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  const must = async (method: string, path: string, body?: unknown, contentType?: string) => {
    const answer = await send(method, path, body, contentType);
    if (answer.status < 300) return answer.body;
    const { reason = '', message = String(answer.body) } = answer.body ?? {};
    throw new Refusal(`${method} ${path}`, answer.status, reason, message);
  };

  const kinds = new Map<string, { plural: string; isNamespaced: boolean }>();
  const kindOf = async (apiVersion: string, kind: string) => {
    const known = kinds.get(`${apiVersion}/${kind}`);
    if (known) return known;
    const { resources } = await must('GET', rootOf(apiVersion));
    for (const { name, namespaced, kind: found } of resources)
      if (!name.includes('/'))
        kinds.set(`${apiVersion}/${found}`, { plural: name, isNamespaced: namespaced });
    const found = kinds.get(`${apiVersion}/${kind}`);
    if (found === undefined) throw new Error(`the cluster has no kind ${apiVersion} ${kind}`);
    return found;
  };
  const collection = async (apiVersion: string, kind: string, namespace?: string) => {
    const { plural, isNamespaced } = await kindOf(apiVersion, kind);
    const scope = isNamespaced && namespace ? `/namespaces/${namespace}` : '';
    return `${rootOf(apiVersion)}${scope}/${plural}`;
  };
  const at = async ({ apiVersion, kind, metadata }: Reference) =>
    `${await collection(apiVersion, kind, metadata.namespace)}/${metadata.name}`;

  return {
    send,
    isReady: async () => (await send('GET', '/readyz')).status === 200,
    get: (of) =>
      at(of)
        .then((path) => must('GET', path))
        .catch(undefinedWhenGone),
    exists: async (of) => (await send('GET', await at(of))).status === 200,
    list: async (of, namespace) => {
      const { items } = await must('GET', await collection(of.apiVersion, of.kind, namespace));
      return items.map((item: object) => ({ ...of, ...item }));
    },
    create: async (object) => {
      const path = await collection(object.apiVersion, object.kind, object.metadata.namespace);
      return must('POST', `${path}?fieldValidation=Strict`, object);
    },
    replace: async (object, subresource) =>
      must(
        'PUT',
        `${await at(object)}${subresource ? `/${subresource}` : ''}?fieldValidation=Strict`,
        object,
      ),
    apply: async (object, { dryRun = false } = {}) => {
      const query = `fieldManager=e2e&force=true&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
      return send('PATCH', `${await at(object)}?${query}`, object, 'application/apply-patch+yaml');
    },
    patch: async (of, body, subresource) =>
      must(
        'PATCH',
        `${await at(of)}${subresource ? `/${subresource}` : ''}?fieldValidation=Strict`,
        body,
        'application/merge-patch+json',
      ),
    delete: async (of, { propagation = 'Background' } = {}) => {
      await must('DELETE', `${await at(of)}?propagationPolicy=${propagation}`).catch(undefinedWhenGone);
    },
    follow: async function* ({ apiVersion, kind }, signal) {
      type Any = ClusterObject & never;
      while (!signal.aborted) {
        try {
          const path = await collection(apiVersion, kind);
          const { items, metadata } = await must('GET', path);
          for (const item of items) yield { type: 'APPLIED', object: { apiVersion, kind, ...item } as Any };
          const query = `watch=true&resourceVersion=${metadata.resourceVersion}`;
          for await (const { type, object } of watch(`${server}${path}?${query}`, { ca, token, signal })) {
            if (type === 'ERROR') break;
            yield { type: type === 'DELETED' ? 'DELETED' : 'APPLIED', object: object as Any };
          }
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof Error)) throw error;
        }
        await sleep(200, undefined, { signal }).catch(() => {});
      }
    },
    as: (other) => connectCluster({ server, ca, token: other }),
    token: async (namespace, account, { audiences, expirationSeconds = 3600, pod } = {}) => {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
      const boundObjectRef = pod && { apiVersion: 'v1', kind: 'Pod', ...pod };
      const spec = {
        expirationSeconds,
        ...(audiences && { audiences }),
        ...(boundObjectRef && { boundObjectRef }),
      };
      const { status } = await must('POST', path, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec,
      });
      return status.token;
    },
  };
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function undefinedWhenGone(error: unknown): undefined {
  if (error instanceof Refusal && error.status === 404) return undefined;
  throw error;
}

async function* watch(
  url: string,
  { ca, token, signal }: { ca: string; token: string; signal: AbortSignal },
): AsyncGenerator<{ type: string; object: ClusterObject }> {
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    request(url, { ca, headers, signal }, resolve).on('error', reject).end();
  });
  let rest = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}
