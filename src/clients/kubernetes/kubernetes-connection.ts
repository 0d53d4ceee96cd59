import { access, readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../text/errors.ts';
import { sha256 } from '../../text/sha256.ts';

/** Where the API server is, and what a request to it carries. */
export interface KubernetesConnection {
  /** Root URL, without a slash at its end. */
  readonly server: string;
  /**
   * Headers and TLS of the next request: asked for each time, because tokens expire. The agent is the same for
   * all of them and keeps connections open: one serves a run, and one more each watch while it lasts.
   */
  options(): Promise<RequestOptions>;
}

export interface ConnectionChoice {
  /** A kubeconfig file. Without one: the pod's own identity in a cluster, else `KUBECONFIG` or `~/.kube/config`. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where a pod finds its token and the cluster's certificate. */
  readonly serviceAccountDirectory?: string;
}

const serviceAccountDirectoryDefault = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the cluster to talk to.
 *
 * @throws UsageError when there is no kubeconfig, or not the context that was asked for.
 */
export async function connectKubernetes(choice: ConnectionChoice = {}): Promise<KubernetesConnection> {
  const environment = choice.environment ?? process.env;
  const directory = choice.serviceAccountDirectory ?? serviceAccountDirectoryDefault;
  const fromFile = choice.kubeconfig !== undefined || choice.context !== undefined;
  const host = environment.KUBERNETES_SERVICE_HOST;
  if (!fromFile && host && (await exists(join(directory, 'token'))))
    return await inCluster(host, environment.KUBERNETES_SERVICE_PORT ?? '443', directory);
  return await fromKubeconfig(choice, environment);
}

/**
 * In a pod, without @kubernetes/client-node: its loader imports all generated models (a bundle of 1 MB, 0.1 s of
 * CPU), where reading two files takes a millisecond. A kubeconfig, with its exec plugins and proxies, is left to the
 * package.
 */
async function inCluster(host: string, port: string, directory: string): Promise<KubernetesConnection> {
  const agent = new HttpsAgent({ keepAlive: true, ca: await readFile(join(directory, 'ca.crt')) });
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    // The kubelet replaces the token before it expires.
    options: async () => {
      const token = (await readFile(join(directory, 'token'), 'utf8')).trim();
      return { agent, headers: { authorization: `Bearer ${token}` } };
    },
  };
}

async function fromKubeconfig(
  { kubeconfig, context }: ConnectionChoice,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KubernetesConnection> {
  const at = kubeconfig ?? (environment.KUBECONFIG || join(environment.HOME ?? homedir(), '.kube', 'config'));
  const { KubeConfig } = await import('./client-node.ts');
  const config = new KubeConfig();
  try {
    // `KUBECONFIG` may list several files; the package's own default would fall back to http://localhost:8080.
    const [first = at, ...others] = kubeconfig === undefined ? at.split(':').filter(Boolean) : [at];
    config.loadFromFile(first);
    for (const other of others) {
      const more = new KubeConfig();
      more.loadFromFile(other);
      config.mergeConfig(more, true);
    }
  } catch (cause) {
    throw new UsageError(
      `cannot read the kubeconfig ${at}; give one with --kubeconfig, or run inside a cluster`,
      { cause },
    );
  }
  if (context !== undefined) {
    const known = config.getContexts().map(({ name }) => name);
    if (!known.includes(context))
      throw new UsageError(`${at} has no context ${context}; it has: ${known.join(', ') || 'none'}`);
    config.setCurrentContext(context);
  }
  const server = config.getCurrentCluster()?.server;
  if (server === undefined)
    throw new UsageError(`${at} has no current context with a cluster; choose one with --context`);
  let kept: { readonly identity: string; readonly agent: Agent } | undefined;
  return {
    server: server.replace(/\/+$/, ''),
    options: async () => {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      // The package makes a new agent, and with it a new connection, for each request. A plugin may have a new
      // certificate by now.
      const { ca, cert, key, pfx, servername, rejectUnauthorized } = options;
      const identity = sha256(
        JSON.stringify([ca, cert, key, pfx, servername, rejectUnauthorized].map(String)),
      );
      if (kept?.identity !== identity)
        kept = { identity, agent: Object.assign(options.agent as Agent, { keepAlive: true }) };
      return { ...options, agent: kept.agent };
    },
  };
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
