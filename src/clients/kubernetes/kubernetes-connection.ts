import { access, readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../text/errors.ts';
import { sha256 } from '../../text/sha256.ts';

/** The address of the API server, and how requests are authenticated. */
export interface KubernetesConnection {
  /** Root URL, without a slash at its end. */
  readonly server: string;
  /**
   * Headers and TLS options of the next request. Called for each one, because tokens expire. All share an agent that
   * keeps connections open.
   */
  options(): Promise<RequestOptions>;
}

export interface ConnectionChoice {
  /** A kubeconfig file. Without one: the ServiceAccount of the pod, else `KUBECONFIG` or `~/.kube/config`. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The directory with the pod's token and the cluster's CA certificate. */
  readonly serviceAccountDirectory?: string;
}

const serviceAccountDirectoryDefault = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The connection to the cluster. Sends no request.
 *
 * @throws UsageError if there is no kubeconfig, or if it lacks the context.
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
 * The connection of a pod, without @kubernetes/client-node: importing that takes 0.1 s of CPU, and reading two files a
 * millisecond. The package reads kubeconfigs, with their exec plugins and proxies.
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
      // The package makes a new agent, and so a new connection, for each request. The first agent is kept until an
      // exec plugin returns another certificate.
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
