import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An API server for tests: what `test/contracts/kubernetes.ts` states, in memory, over HTTP. It stores any kind in
 * `knownKinds`; no controllers run. What a real kube-apiserver does is found by running that suite against one.
 */
export interface KubernetesStandIn extends AsyncDisposable {
  readonly server: string;
  readonly http: Server;
  /** Every request so far. */
  readonly requests: readonly StandInRequest[];
  /**
   * Tokens and who they stand for: a ServiceAccount's is `system:serviceaccount:<namespace>:<name>`. `admin-token`
   * may do everything.
   */
  readonly users: Map<string, string>;
  /** Writes past the API: what a controller would do, or a person. Sets the status, too. */
  put(plural: string, object: StandInObject, manager?: string): StandInObject;
  get(plural: string, namespace: string, name: string): StandInObject | undefined;
  all(plural: string, namespace: string): StandInObject[];
  delete(plural: string, namespace: string, name: string): void;
  /** Forgets the history: a watch from an earlier version is answered with 410. */
  compact(): void;
  /** Ends all watches, as a network that breaks (`cut`), or in good order (`end`). */
  endWatches(how?: 'cut' | 'end'): void;
  bookmark(): void;
  /** How many watches are open. */
  readonly watches: number;
  /** Observed before each request is answered; the first fault that is returned is what happens. */
  readonly faults: ((request: StandInRequest) => Fault | undefined)[];
}

export interface StandInRequest {
  readonly verb: string;
  readonly group: string;
  readonly plural: string;
  readonly subresource: string | undefined;
  readonly namespace: string;
  readonly name: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
}

export type Fault =
  | { readonly code: number; readonly retryAfter?: number | string; readonly text?: string }
  /**
   * The connection breaks before the request is carried out, after it, or in the middle of the answer; or nothing is
   * ever answered.
   */
  | { readonly connection: 'cutBefore' | 'cutAfter' | 'half' | 'hang' };

type Json = Record<string, unknown>;
export interface StandInObject extends Json {
  metadata: Json & { name: string; namespace?: string; uid?: string; resourceVersion?: string };
}

const knownKinds: Readonly<Record<string, { group: string; kind: string }>> = {
  namespaces: { group: '', kind: 'Namespace' },
  secrets: { group: '', kind: 'Secret' },
  configmaps: { group: '', kind: 'ConfigMap' },
  serviceaccounts: { group: '', kind: 'ServiceAccount' },
  pods: { group: '', kind: 'Pod' },
  poddisruptionbudgets: { group: 'policy', kind: 'PodDisruptionBudget' },
  deployments: { group: 'apps', kind: 'Deployment' },
  jobs: { group: 'batch', kind: 'Job' },
  events: { group: 'events.k8s.io', kind: 'Event' },
  roles: { group: 'rbac.authorization.k8s.io', kind: 'Role' },
  rolebindings: { group: 'rbac.authorization.k8s.io', kind: 'RoleBinding' },
  lakekeepers: { group: 'lakekeeper.k8s.lakekeeper.io', kind: 'Lakekeeper' },
  ducklings: { group: 'k8s.posthog.com', kind: 'Duckling' },
  tenants: { group: 'platform.example.org', kind: 'Tenant' },
};
/** Kinds with a status that an ordinary write does not touch. */
const splitStatus = new Set(['lakekeepers', 'jobs', 'pods', 'deployments', 'tenants']);

class Refusal extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details: Json = {},
  ) {
    super(message);
  }
}

type Rule = Readonly<Record<string, string[]>>;
interface Change {
  readonly version: number;
  readonly plural: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StandInObject;
}
interface Watch {
  readonly plural: string;
  readonly response: ServerResponse;
  readonly shows: (object: StandInObject) => boolean;
  readonly wantsBookmarks: boolean;
}

export async function startKubernetesStandIn(
  namespaces: readonly string[] = ['lakekeeper'],
): Promise<KubernetesStandIn> {
  /** By `plural/namespace`, and then by name: a request takes as long in a large cluster as in a small one. */
  const objects = new Map<string, Map<string, StandInObject>>();
  /** By namespace, and then by user; empty after a change of a Role or of a binding. */
  const rules = new Map<string, Map<string, Rule[]>>();
  const history: Change[] = [];
  const watches = new Set<Watch>();
  const requests: StandInRequest[] = [];
  const faults: KubernetesStandIn['faults'] = [];
  const users = new Map([['admin-token', 'admin']]);
  let version = 100;
  let oldest = version;

  const find = (plural: string, namespace: string, name: string) =>
    objects.get(`${plural}/${namespace}`)?.get(name);
  /** An empty namespace is all of them. */
  const all = (plural: string, namespace: string) =>
    [...objects]
      .filter(([key]) => (namespace === '' ? key.startsWith(`${plural}/`) : key === `${plural}/${namespace}`))
      .flatMap(([, found]) => [...found.values()]);

  function announce(change: Change): void {
    history.push(change);
    if (change.plural === 'roles' || change.plural === 'rolebindings') rules.clear();
    for (const watch of watches) {
      if (watch.plural === change.plural && watch.shows(change.object))
        say(watch.response, change.type, change.object);
    }
  }
  function store(plural: string, object: StandInObject, manager: string): StandInObject {
    const { namespace = '', name } = object.metadata;
    const before = find(plural, namespace, name);
    const { resourceVersion: _, managedFields: ___, ...rest } = object.metadata;
    const metadata: StandInObject['metadata'] = {
      ...rest,
      uid: before?.metadata.uid ?? randomUUID(),
      creationTimestamp: before?.metadata.creationTimestamp ?? timeOf(version + 1),
      ...(before?.metadata.managedFields !== undefined && { managedFields: before.metadata.managedFields }),
    };
    const next: StandInObject = { ...object, metadata };
    // A write that changes nothing is none.
    if (before) {
      const { resourceVersion: __, ...same } = before.metadata;
      if (equal({ ...before, metadata: same }, next)) return before;
    }
    if (splitStatus.has(plural)) {
      const generation = Number(before?.metadata.generation ?? 0);
      metadata.generation = before && equal(before.spec, next.spec) ? generation : generation + 1;
    }
    version += 1;
    if ('data' in next || (before && 'data' in before))
      metadata.managedFields = managedFields(before, next, manager, timeOf(version));
    const stored: StandInObject = { ...next, metadata: { ...metadata, resourceVersion: String(version) } };
    const kept = objects.get(`${plural}/${namespace}`) ?? new Map<string, StandInObject>();
    objects.set(`${plural}/${namespace}`, kept.set(name, stored));
    announce({ version, plural, type: before ? 'MODIFIED' : 'ADDED', object: stored });
    return stored;
  }
  function remove(plural: string, namespace: string, name: string): void {
    const before = find(plural, namespace, name);
    if (!before) return;
    version += 1;
    objects.get(`${plural}/${namespace}`)?.delete(name);
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
    announce({ version, plural, type: 'DELETED', object });
  }
  const typed = (plural: string, object: StandInObject): StandInObject => {
    const { group, kind } = knownKinds[plural] ?? { group: '', kind: '' };
    const apiVersion = object.apiVersion ?? (group === '' ? 'v1' : `${group}/v1`);
    return { apiVersion, kind, ...object };
  };
  for (const name of namespaces) store('namespaces', typed('namespaces', { metadata: { name } }), 'setup');

  function rulesIn(namespace: string): Map<string, Rule[]> {
    const known = rules.get(namespace);
    if (known !== undefined) return known;
    const found = new Map<string, Rule[]>();
    for (const { roleRef, subjects } of all('rolebindings', namespace)) {
      const role = find('roles', namespace, String((roleRef as Json).name));
      for (const { kind, namespace: from, name } of (subjects ?? []) as Json[]) {
        const user = kind === 'ServiceAccount' ? `system:serviceaccount:${from}:${name}` : String(name);
        found.set(user, [...(found.get(user) ?? []), ...((role?.rules ?? []) as Rule[])]);
      }
    }
    rules.set(namespace, found);
    return found;
  }

  function authorize(request: StandInRequest, header: string | undefined): void {
    const { verb, group, plural, subresource, namespace } = request;
    const user = users.get(header?.replace(/^Bearer /, '') ?? '');
    if (user === undefined) throw new Refusal(401, 'Unauthorized', 'Unauthorized');
    if (user === 'admin') return;
    const name = request.name ?? /^metadata\.name=(.+)$/.exec(request.query.fieldSelector ?? '')?.[1];
    const wanted = subresource ? `${plural}/${subresource}` : plural;
    const isAllowed = rulesIn(namespace)
      .get(user)
      ?.some(
        (rule) =>
          rule.apiGroups?.includes(group) &&
          rule.resources?.includes(wanted) &&
          rule.verbs?.includes(verb) &&
          // The name of a new object is in its body, which the authorizer does not see.
          (!rule.resourceNames?.length ||
            (name !== undefined && (verb !== 'create' || subresource) && rule.resourceNames.includes(name))),
      );
    if (isAllowed) return;
    throw new Refusal(
      403,
      'Forbidden',
      `${wanted}${group ? `.${group}` : ''} ${name ? `"${name}" ` : ''}is forbidden: User "${user}" ` +
        `cannot ${verb} resource "${wanted}" in API group "${group}" in the namespace "${namespace}"`,
      { ...(name && { name }), kind: plural },
    );
  }

  function carryOut(request: StandInRequest, manager: string): { code: number; body: Json } {
    const { verb, plural, namespace, name = '', subresource } = request;
    const called = plural.includes('.') || !knownKinds[plural]?.group ? plural : `${plural}.${request.group}`;
    const missing = () =>
      new Refusal(404, 'NotFound', `${called} "${name}" not found`, { name, kind: plural });
    const conflict = (which: string) =>
      new Refusal(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${called} "${which}": the object has been modified; please ` +
          'apply your changes to the latest version and try again',
        { name: which, kind: plural },
      );
    if (verb === 'list') {
      const found = all(plural, namespace).filter(selected(request.query));
      const from = Number(request.query.continue ?? 0);
      const to = request.query.limit === undefined ? found.length : from + Number(request.query.limit);
      const more = to < found.length ? { continue: String(to) } : {};
      return {
        code: 200,
        body: {
          kind: `${knownKinds[plural]?.kind}List`,
          metadata: { resourceVersion: String(version), ...more },
          items: found.slice(from, to),
        },
      };
    }
    if (verb === 'create' && subresource === 'eviction') {
      const pod = find('pods', namespace, name);
      if (!pod) throw missing();
      const options = request.body.deleteOptions as { preconditions?: { uid?: string } } | undefined;
      const uid = options?.preconditions?.uid;
      if (uid !== undefined && uid !== pod.metadata.uid)
        throw new Refusal(409, 'Conflict', `the UID in the precondition (${uid}) does not match`);
      const budgets = all('poddisruptionbudgets', namespace).filter(({ spec }) => {
        const { matchLabels } = (spec as { selector: { matchLabels: Json } }).selector;
        return Object.entries(matchLabels).every(
          ([key, value]) => (pod.metadata.labels as Json | undefined)?.[key] === value,
        );
      });
      if (budgets.length > 1)
        throw new Refusal(
          500,
          '',
          'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
        );
      remove('pods', namespace, name);
      return { code: 201, body: { kind: 'Status', status: 'Success' } };
    }
    if (verb === 'create' && subresource === 'token') {
      if (!find('serviceaccounts', namespace, name)) throw missing();
      const { audiences, expirationSeconds } = request.body.spec as {
        audiences?: string[];
        expirationSeconds: number;
      };
      const token = `token-of-${name}-for-${audiences?.join() ?? 'the API server'}`;
      // One for somebody else is refused.
      if (audiences === undefined) users.set(token, `system:serviceaccount:${namespace}:${name}`);
      const expirationTimestamp = new Date(Date.now() + expirationSeconds * 1000).toISOString();
      return { code: 201, body: { kind: 'TokenRequest', status: { token, expirationTimestamp } } };
    }
    if (verb === 'create') {
      const body = request.body as StandInObject;
      const wanted = body.metadata.name;
      if (namespace !== '' && !find('namespaces', '', namespace))
        throw new Refusal(404, 'NotFound', `namespaces "${namespace}" not found`, {
          name: namespace,
          kind: 'namespaces',
        });
      if (find(plural, namespace, wanted))
        throw new Refusal(409, 'AlreadyExists', `${called} "${wanted}" already exists`, {
          name: wanted,
          kind: plural,
        });
      const { status: _, ...rest } = body;
      const object = typed(plural, splitStatus.has(plural) ? (rest as StandInObject) : body);
      const metadata = { ...object.metadata, ...(namespace && { namespace }) };
      return { code: 201, body: store(plural, admitted(plural, { ...object, metadata }), manager) };
    }
    const observed = find(plural, namespace, name);
    if (!observed) throw missing();
    if (verb === 'get') return { code: 200, body: observed };
    if (verb === 'delete') {
      const { preconditions = {} } = request.body as { preconditions?: Json };
      for (const [key, value] of Object.entries(preconditions))
        if (value !== observed.metadata[key]) throw conflict(name);
      if (isKept(observed)) {
        const deletionTimestamp = new Date().toISOString();
        const metadata = { ...observed.metadata, deletionTimestamp };
        return { code: 200, body: store(plural, { ...observed, metadata }, manager) };
      }
      remove(plural, namespace, name);
      return { code: 200, body: { kind: 'Status', status: 'Success' } };
    }
    const patch = request.body as { metadata?: Json };
    const { resourceVersion } = patch.metadata ?? {};
    if (resourceVersion !== undefined && resourceVersion !== observed.metadata.resourceVersion)
      throw conflict(name);
    const merged = merge(observed, patch) as StandInObject;
    if (observed.metadata.deletionTimestamp !== undefined && !isKept(merged)) {
      remove(plural, namespace, name);
      return { code: 200, body: merged };
    }
    // Only the status through its own door, and everything but it through the other.
    if (splitStatus.has(plural)) {
      const object =
        subresource === 'status'
          ? { ...observed, status: merged.status }
          : { ...merged, status: observed.status };
      return { code: 200, body: store(plural, object, manager) };
    }
    return { code: 200, body: store(plural, admitted(plural, merged), manager) };
  }

  function watch(request: StandInRequest, response: ServerResponse): void {
    const from = Number(request.query.resourceVersion ?? version);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < oldest) {
      const message = `too old resource version: ${from} (${oldest})`;
      say(response, 'ERROR', { kind: 'Status', status: 'Failure', message, reason: 'Expired', code: 410 });
      response.end();
      return;
    }
    const { plural } = request;
    const isSelected = selected(request.query);
    const shows = (object: StandInObject) =>
      (object.metadata.namespace ?? '') === request.namespace && isSelected(object);
    const wantsBookmarks = request.query.allowWatchBookmarks === 'true';
    // Every change has the version after the one before.
    for (const change of history.slice(from - oldest))
      if (change.plural === plural && shows(change.object)) say(response, change.type, change.object);
    const entry: Watch = { plural, response, shows, wantsBookmarks };
    watches.add(entry);
    const seconds = Number(request.query.timeoutSeconds ?? 1800);
    const timer = setTimeout(() => {
      bookmark(entry);
      response.end();
    }, seconds * 1000);
    response.on('close', () => {
      clearTimeout(timer);
      watches.delete(entry);
    });
  }

  function bookmark({ response, plural, wantsBookmarks }: Watch): void {
    const metadata = { resourceVersion: String(version), creationTimestamp: null };
    const object = { kind: knownKinds[plural]?.kind, metadata };
    if (wantsBookmarks) response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  function answer(
    response: ServerResponse,
    code: number,
    body: string,
    headers: Record<string, string> = {},
  ) {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(body);
  }

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await parse(message);
    if (request === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('404 page not found\n');
      return;
    }
    requests.push(request);
    const fault = faults.reduce<Fault | undefined>((found, ask) => found ?? ask(request), undefined);
    if (fault && 'code' in fault) {
      const { code, retryAfter, text } = fault;
      const status = {
        kind: 'Status',
        status: 'Failure',
        message: `injected ${code}`,
        reason: 'Injected',
        code,
      };
      answer(
        response,
        code,
        text ?? JSON.stringify(status),
        retryAfter ? { 'retry-after': `${retryAfter}` } : {},
      );
      return;
    }
    if (fault?.connection === 'hang') return;
    if (fault?.connection === 'cutBefore') {
      message.socket.destroy();
      return;
    }
    try {
      authorize(request, message.headers.authorization);
      if (request.verb === 'watch') {
        watch(request, response);
        return;
      }
      const manager = /^[^/]+/.exec(message.headers['user-agent'] ?? 'unknown')?.[0] ?? '';
      const { code, body } = carryOut(request, manager);
      const text = JSON.stringify(body);
      if (fault?.connection === 'cutAfter') message.socket.destroy();
      else if (fault?.connection === 'half') {
        response.writeHead(code, { 'content-length': Buffer.byteLength(text) });
        response.write(text.slice(0, text.length / 2), () => message.socket.destroy());
      } else answer(response, code, text);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, reason, details } = error;
      const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
      answer(response, code, JSON.stringify({ ...status, message: error.message, reason, details, code }));
    }
  }

  const http = createServer((message, response) => {
    handle(message, response).catch((error: unknown) => {
      answer(response, 500, JSON.stringify({ kind: 'Status', code: 500, message: `stand-in: ${error}` }));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    server: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    http,
    requests,
    users,
    faults,
    put: (plural, object, manager = 'somebody') => store(plural, typed(plural, object), manager),
    get: find,
    all,
    delete: remove,
    compact: () => {
      history.length = 0;
      oldest = version;
    },
    endWatches: (how = 'end') => {
      for (const { response } of watches) {
        if (how === 'cut') response.destroy();
        else response.end();
      }
    },
    bookmark: () => {
      for (const watch of watches) bookmark(watch);
    },
    get watches() {
      return watches.size;
    },
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** In two pieces, as a network may deliver it. */
function say(response: ServerResponse, type: string, object: Json): void {
  const line = `${JSON.stringify({ type, object })}\n`;
  response.write(line.slice(0, line.length / 2));
  response.write(line.slice(line.length / 2));
}

/** @returns undefined for a path of no kind that is known. */
async function parse(message: IncomingMessage): Promise<StandInRequest | undefined> {
  let text = '';
  for await (const chunk of message) text += chunk;
  const url = new URL(message.url ?? '/', 'http://stand-in');
  const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
  const [group, rest] = path[0] === 'api' ? ['', path.slice(2)] : [path[1] ?? '', path.slice(3)];
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2;
  const [plural = '', name, subresource] = isNamespaced ? rest.slice(2) : rest;
  if (knownKinds[plural]?.group !== group) return undefined;
  const query = Object.fromEntries(url.searchParams);
  const reading = name !== undefined ? 'get' : query.watch === 'true' ? 'watch' : 'list';
  const writing: Record<string, string> = { POST: 'create', PATCH: 'patch', DELETE: 'delete' };
  const verb = writing[message.method ?? ''] ?? reading;
  const namespace = isNamespaced ? (rest[1] ?? '') : '';
  const body = text === '' ? {} : (JSON.parse(text) as Json);
  return { verb, group, plural, subresource, namespace, name, query, body };
}

function selected({ fieldSelector, labelSelector }: Readonly<Record<string, string>>) {
  const name = /^metadata\.name=(.*)$/.exec(fieldSelector ?? '')?.[1];
  const labels = labelSelector ? labelSelector.split(',').map((pair) => pair.split('=')) : [];
  return ({ metadata }: StandInObject) => {
    const has = (metadata.labels ?? {}) as Json;
    return (
      (name === undefined || metadata.name === name) &&
      // Without a value: that there is one.
      labels.every(([key = '', value]) => (value === undefined ? key in has : has[key] === value))
    );
  };
}

/** A clock that every write moves on by a second: what came first is never in doubt. */
function timeOf(version: number): string {
  return new Date(Date.parse('2026-01-01T00:00:00Z') + version * 1000).toISOString().replace('.000Z', 'Z');
}

/**
 * Whose the fields of data and annotations are, and when each last changed one; other fields are left out, but move
 * the time as well.
 */
function managedFields(
  before: StandInObject | undefined,
  after: StandInObject,
  manager: string,
  time: string,
): Json[] {
  const [had, has] = [trackedFields(before), trackedFields(after)];
  const changed = [...has.keys()].filter((path) => had.get(path) !== has.get(path));
  const entries = (before?.metadata.managedFields ?? []) as {
    manager: string;
    time: string;
    fieldsV1: Json;
  }[];
  const entryOf = (name: string, paths: readonly string[], at: string) => ({
    manager: name,
    operation: 'Update',
    apiVersion: 'v1',
    time: at,
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsOf(paths.filter((path) => has.has(path))),
  });
  const others = entries
    .filter((entry) => entry.manager !== manager)
    .map((entry) => {
      const paths = pathsOf(entry.fieldsV1).filter((path) => !changed.includes(path));
      return entryOf(entry.manager, paths, entry.time);
    });
  const own = pathsOf(entries.find((entry) => entry.manager === manager)?.fieldsV1);
  return [...others, entryOf(manager, [...new Set([...own, ...changed])], time)];
}

/** The values by their path in `fieldsV1`: `["f:data","f:db-user"]`. */
function trackedFields(object: StandInObject | undefined): Map<string, unknown> {
  const at = (path: readonly string[], values: unknown = {}) =>
    Object.entries(values as Json).map(
      ([key, value]) => [JSON.stringify([...path, `f:${key}`]), value] as const,
    );
  return new Map([
    ...at(['f:data'], object?.data),
    ...at(['f:metadata', 'f:annotations'], object?.metadata.annotations),
  ]);
}

function fieldsOf(paths: readonly string[]): Json {
  let fields = {};
  for (const path of paths) {
    const keys = JSON.parse(path) as string[];
    fields = merge(
      fields,
      keys.reduceRight<Json>((inner, key) => ({ [key]: inner }), {}),
    ) as Json;
  }
  return fields;
}

function pathsOf(fields: Json = {}, above: readonly string[] = []): string[] {
  return Object.entries(fields).flatMap(([key, inner]) => {
    const below = pathsOf(inner as Json, [...above, key]);
    return below.length > 0 ? below : [JSON.stringify([...above, key])];
  });
}

/** What the API server makes of an object on its way in. */
function admitted(plural: string, object: StandInObject): StandInObject {
  if (plural !== 'secrets') return object;
  const { stringData, data, ...rest } = object as StandInObject & Record<'stringData' | 'data', Json>;
  const encoded = Object.entries(stringData ?? {}).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  const all = { ...data, ...Object.fromEntries(encoded) };
  for (const value of Object.values(all)) {
    if (Buffer.from(String(value), 'base64').toString('base64') !== value)
      // It does quote the whole Secret.
      throw new Refusal(422, 'Invalid', `patch: Invalid value: ${JSON.stringify(all)}: illegal base64 data`);
  }
  return { type: 'Opaque', ...rest, ...(Object.keys(all).length > 0 && { data: all }) };
}

/** Whether a finalizer keeps an object that is deleted. */
function isKept({ metadata }: StandInObject): boolean {
  const { finalizers } = metadata as { finalizers?: readonly string[] };
  return finalizers !== undefined && finalizers.length > 0;
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const result: Json = { ...(target !== null && typeof target === 'object' ? (target as Json) : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

function equal(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? ''
  );
}
