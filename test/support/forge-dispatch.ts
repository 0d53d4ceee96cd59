import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { createAuthority } from './certificates.ts';
import { listen } from './listen.ts';

/** What one of the calls started, as the definition of CI sees it. */
export interface StartedRun {
  readonly forge: 'github' | 'gitlab';
  /** GitHub's event, or GitLab's CI_PIPELINE_SOURCE. */
  readonly event: string;
  /** The type of a `repository_dispatch`. */
  readonly type?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The tokens of GitHub by their permission, and the trigger token of GitLab. */
export const dispatchTokens = {
  actions: 'github_pat_actions_hunter2',
  contents: 'github_pat_contents_hunter2',
  trigger: 'glptt-hunter2',
} as const;

/** The certificate authority, the port, and what was asked of api.github.com and gitlab.example.com. */
export interface ForgeDispatch extends AsyncDisposable {
  readonly ca: string;
  readonly port: number;
  readonly started: readonly StartedRun[];
  /** Method and path of every request. */
  readonly requests: readonly string[];
  /** Answers to the next requests, in order. One with `retry-after` is given again to who asks before that. */
  readonly refusals: Answer[];
  /** Forgets what was. */
  clear(): void;
}

/**
 * Stands in for what GitHub and GitLab have to start CI, for the repository acme/catalogs and for the project 42, both
 * with the branch main (docs/facts/forges.md §1 and §2).
 */
export async function startForgeDispatch(): Promise<ForgeDispatch> {
  const authority = createAuthority('authority of forges');
  const certificate = authority.issue('forges', ['api.github.com', 'gitlab.example.com']);
  const started: StartedRun[] = [];
  const requests: string[] = [];
  const refusals: Answer[] = [];
  let limit: { readonly until: number; readonly refusal: Answer } | undefined;
  const refusal = () => {
    if (limit !== undefined && Date.now() < limit.until) return limit.refusal;
    const next = refusals.shift();
    const seconds = Number(next?.headers?.['retry-after'] ?? 0);
    limit = next && { until: Date.now() + seconds * 1000, refusal: next };
    return next;
  };
  const server = createServer(certificate, async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = await text(request);
    requests.push(`${method} ${url}`);
    const answer =
      refusal() ??
      (method !== 'POST'
        ? notFound
        : headers.host === 'api.github.com'
          ? githubAnswer(url, headers, body, started)
          : gitlabAnswer(url, headers, body, started));
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  });
  const port = await listen(server);
  return {
    ca: authority.cert,
    port,
    started,
    requests,
    refusals,
    clear: () => {
      for (const list of [started, requests, refusals]) list.length = 0;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const notFound: Answer = { status: 404, body: { message: 'Not Found' } };
const invalid = (message: string): Answer => ({ status: 422, body: { message } });

function githubAnswer(
  path: string,
  headers: IncomingHttpHeaders,
  body: string,
  started: StartedRun[],
): Answer {
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (token !== dispatchTokens.actions && token !== dispatchTokens.contents)
    return { status: 401, body: { message: 'Bad credentials' } };
  const [, workflow] =
    /^\/repos\/acme\/catalogs\/(?:actions\/workflows\/(catalogs\.yml)\/)?dispatches$/.exec(path) ?? [];
  if (workflow === undefined && path !== '/repos/acme/catalogs/dispatches') return notFound;
  if (token !== (workflow === undefined ? dispatchTokens.contents : dispatchTokens.actions))
    return { status: 403, body: { message: 'Resource not accessible by personal access token' } };
  const fields = jsonObject(body);
  if (fields === undefined) return { status: 400, body: { message: 'Problems parsing JSON' } };
  if (workflow !== undefined) {
    if (fields.ref !== 'main') return invalid(`No ref found for: ${fields.ref}`);
    started.push({ forge: 'github', event: 'workflow_dispatch' });
    return { status: 204 };
  }
  const { event_type: type, client_payload: payload = {} } = fields;
  if (typeof type !== 'string' || type.length < 1 || type.length > 100) return invalid('event_type');
  if (typeof payload !== 'object' || Object.keys(payload ?? {}).length > 10) return invalid('client_payload');
  started.push({ forge: 'github', event: 'repository_dispatch', type });
  return { status: 204 };
}

function gitlabAnswer(
  path: string,
  headers: IncomingHttpHeaders,
  body: string,
  started: StartedRun[],
): Answer {
  if (path !== '/api/v4/projects/42/trigger/pipeline') return notFound;
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
  const fields = isForm ? Object.fromEntries(new URLSearchParams(body)) : (jsonObject(body) ?? {});
  for (const field of ['token', 'ref'])
    if (!fields[field]) return { status: 400, body: { error: `${field} is missing` } };
  if (fields.token !== dispatchTokens.trigger) return { status: 404, body: { message: '404 Not Found' } };
  if (fields.ref !== 'main') return { status: 400, body: { message: { base: ['Reference not found'] } } };
  started.push({ forge: 'gitlab', event: 'trigger' });
  return {
    status: 201,
    body: { id: 257, project_id: 42, ref: 'main', source: 'trigger', status: 'created' },
  };
}

function jsonObject(body: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
