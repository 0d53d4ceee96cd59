import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { git, type Repository } from './repository.ts';
import type { StandIn } from './workflow.ts';

export interface PullRequest {
  readonly number: number;
  readonly branch: string;
  readonly base: string;
  title: string;
  body: string;
  labels: Set<string>;
  state: 'open' | 'closed';
}

export const forgeToken = 'token-of-the-forge-hunter2';

/** Stands in for the API of GitHub and of GitLab, as far as the CI definitions use them. */
export class Forge {
  readonly pullRequests: PullRequest[] = [];
  /** Method and path of every request. */
  readonly requests: string[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer(async (request, response) => {
      const { status, body } = await this.answer(request);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }

  static async start(): Promise<Forge> {
    const forge = new Forge();
    forge.server.listen(0, '127.0.0.1');
    await once(forge.server, 'listening');
    return forge;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get open(): PullRequest[] {
    return this.pullRequests.filter(({ state }) => state === 'open');
  }

  create(
    request: Pick<PullRequest, 'branch' | 'base' | 'title' | 'body'>,
    labels: readonly string[],
  ): PullRequest {
    const created: PullRequest = {
      ...request,
      number: this.pullRequests.length + 1,
      labels: new Set(labels),
      state: 'open',
    };
    this.pullRequests.push(created);
    return created;
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const url = new URL(request.url ?? '/', this.url);
    const form = new URLSearchParams(await text(request));
    this.requests.push(`${request.method} ${url.pathname}`);
    const { authorization, 'private-token': privateToken } = request.headers;
    if (authorization !== `Bearer ${forgeToken}` && privateToken !== forgeToken)
      return { status: 401, body: { message: 'Unauthorized' } };
    const [, number, label] =
      /^\/repos\/acme\/catalogs\/issues\/(\d+)\/labels\/(.+)$/.exec(url.pathname) ?? [];
    if (request.method === 'DELETE' && number !== undefined && label !== undefined) {
      const found = this.pullRequests[Number(number) - 1]?.labels.delete(decodeURIComponent(label));
      return found ? { status: 200, body: [] } : { status: 404, body: { message: 'Label does not exist' } };
    }
    return this.mergeRequests(request.method ?? '', url, form);
  }

  /** GitLab's API of merge requests. */
  private mergeRequests(method: string, url: URL, form: URLSearchParams): { status: number; body: unknown } {
    const path = /^\/projects\/42\/merge_requests(?:\/(\d+))?$/.exec(url.pathname);
    if (path === null) return { status: 404, body: { message: '404 Not Found' } };
    const field = (name: string) => form.get(name) ?? '';
    const list = (name: string) =>
      field(name)
        .split(',')
        .filter((label) => label !== '');
    if (method === 'GET')
      return {
        status: 200,
        body: this.open
          .filter(
            ({ branch, base }) =>
              branch === url.searchParams.get('source_branch') &&
              base === url.searchParams.get('target_branch'),
          )
          .map(({ number }) => ({ iid: number })),
      };
    if (method === 'POST') {
      const { number } = this.create(
        {
          branch: field('source_branch'),
          base: field('target_branch'),
          title: field('title'),
          body: field('description'),
        },
        list('labels'),
      );
      return { status: 201, body: { iid: number } };
    }
    const found = this.pullRequests[Number(path[1]) - 1];
    if (method !== 'PUT' || found === undefined) return { status: 404, body: { message: '404 Not Found' } };
    if (field('state_event') === 'close') found.state = 'closed';
    if (form.has('title')) found.title = field('title');
    if (form.has('description')) found.body = field('description');
    for (const label of list('remove_labels')) found.labels.delete(label);
    for (const label of list('add_labels')) found.labels.add(label);
    return { status: 200, body: { iid: found.number } };
  }
}

/**
 * Stands in for peter-evans/create-pull-request, as its documentation says of version 8: commits what differs to the
 * branch, opens or updates its pull request, only ever adds labels, and deletes the branch (which closes the pull
 * request) when nothing differs from the base.
 */
export function createPullRequest(forge: Forge, repository: Repository, workspace: string): StandIn {
  return async (inputs) => {
    const { branch = '', title = '' } = inputs;
    const base = inputs.base || 'main';
    const open = forge.open.find((request) => request.branch === branch && request.base === base);
    git(workspace, 'add', '--all', '--', inputs['add-paths'] ?? '.');
    if (git(workspace, 'diff', '--cached', '--name-only') === '') {
      if (repository.head(branch) === undefined) return { 'pull-request-operation': 'none' };
      git(workspace, 'push', '--quiet', 'origin', '--delete', branch);
      if (open !== undefined) open.state = 'closed';
      return { 'pull-request-operation': 'closed' };
    }
    git(workspace, 'commit', '--quiet', '--message', inputs['commit-message'] ?? '');
    git(workspace, 'push', '--quiet', '--force', 'origin', `HEAD:refs/heads/${branch}`);
    const body = await readFile(inputs['body-path'] ?? '', 'utf8');
    const labels = (inputs.labels ?? '').split(/[\n,]/).filter((label) => label.trim() !== '');
    if (open === undefined) {
      const { number } = forge.create({ branch, base, title, body }, labels);
      return { 'pull-request-number': String(number), 'pull-request-operation': 'created' };
    }
    Object.assign(open, { title, body });
    for (const label of labels) open.labels.add(label);
    return { 'pull-request-number': String(open.number), 'pull-request-operation': 'updated' };
  };
}
