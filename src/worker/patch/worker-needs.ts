import type { Catalog } from '../../catalog/catalog.ts';
import { brokerContainer, tokenURLVariable } from '../../catalog/worker-login.ts';
import type { Platform } from '../../platform/platform-settings.ts';
import { UsageError } from '../../text/errors.ts';
import { parseSettings } from '../token-broker/broker-settings.ts';
import { hostAndPort } from '../token-broker/listen-address.ts';

/** What an org's worker pods need to log in to its catalog: entries of the lists of a Kubernetes pod. */
export interface WorkerNeeds {
  readonly volume: NamedEntry;
  /** An init container with `restartPolicy: Always` is a sidecar (Kubernetes 1.29 and newer). */
  readonly sidecar: NamedEntry;
  /** Variable of the container that runs DuckDB. */
  readonly env: NamedEntry;
  /** Hosts of the broker and of the catalog, which no proxy leads to. */
  readonly directHosts: readonly string[];
}
export interface NamedEntry {
  readonly name: string;
  readonly [field: string]: unknown;
}

const tokenDirectory = '/var/run/secrets/lakekeeper';
const volumeName = 'lakekeeper-token';

/** The catalogs whose workers need a broker. @param log receives, for each reason, how many need none. */
export function catalogsThatNeedBroker(catalogs: Iterable<Catalog>, log: (line: string) => void): Catalog[] {
  const found: Catalog[] = [];
  const others = new Map<string, number>();
  for (const catalog of catalogs) {
    const reason = whyNotNeeded(catalog);
    if (reason === undefined) found.push(catalog);
    else others.set(reason, (others.get(reason) ?? 0) + 1);
  }
  for (const [reason, count] of others) log(`orgs whose workers need no patch, because ${reason}: ${count}`);
  return found;
}

/** Why an org's workers need no broker; undefined when they do. */
function whyNotNeeded({ authentication }: Catalog): string | undefined {
  if (authentication.mode === 'none') return 'authentication is off';
  if (authentication.mode === 'openID' && authentication.issuer === 'external')
    return `workers get their tokens from ${authentication.tokenEndpoint}`;
  return undefined;
}

/**
 * What the org's worker pods need: the projected token for the org's audience, the broker that serves it, and the
 * broker's URL.
 *
 * @throws UsageError when they need no broker, or it cannot listen at `workers.tokenURL`.
 */
export async function workerNeeds(catalog: Catalog, platform: Platform): Promise<WorkerNeeds> {
  const { authentication } = catalog;
  const reason = whyNotNeeded(catalog);
  if (authentication.mode === 'none' || reason !== undefined)
    throw new UsageError(`the workers of org ${JSON.stringify(catalog.org)} need no patch: ${reason}`);
  const { tokenURL } = platform.workers;
  const listen = await listenArguments(tokenURL);
  return {
    volume: {
      name: volumeName,
      projected: {
        sources: [
          // The kubelet replaces it after 80 % of its lifetime.
          {
            serviceAccountToken: {
              audience: authentication.audience,
              expirationSeconds: 3600,
              path: 'token',
            },
          },
        ],
      },
    },
    sidecar: {
      name: brokerContainer,
      image: platform.registration.image,
      command: ['lakekeeper-gitops'],
      args: ['token-broker', '--token-file', `${tokenDirectory}/token`, ...listen.all],
      // The broker allocates short-lived objects only; without a limit V8 grows the heap by tens of megabytes.
      env: [{ name: 'NODE_OPTIONS', value: '--max-semi-space-size=2' }],
      restartPolicy: 'Always',
      // The kubelet's HTTP probes come from outside the pod and cannot reach loopback. There is no liveness probe: a
      // restart does not restore a missing token, and the kubelet restarts a broker that has exited anyway.
      startupProbe: {
        exec: { command: ['lakekeeper-gitops', 'token-broker', '--probe', ...listen.address] },
        periodSeconds: 1,
        timeoutSeconds: 5,
        failureThreshold: 60,
      },
      readinessProbe: {
        exec: { command: ['lakekeeper-gitops', 'token-broker', '--probe', ...listen.address] },
        periodSeconds: 30,
        timeoutSeconds: 5,
        failureThreshold: 2,
      },
      // A probe runs as a second process beside the broker.
      resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '192Mi' } },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        ...platform.registration.securityContext,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      volumeMounts: [{ name: volumeName, mountPath: tokenDirectory, readOnly: true }],
    },
    env: { name: tokenURLVariable, value: tokenURL },
    directHosts: [tokenURL, catalog.baseURI].map((url) => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')),
  };
}

/** The flags with which the broker listens at a URL. */
async function listenArguments(
  tokenURL: string,
): Promise<{ address: readonly string[]; all: readonly string[] }> {
  const { host, port, pathname, search, hash } = new URL(tokenURL);
  try {
    if (port === '') throw new UsageError('it has no port');
    if (search + hash !== '') throw new UsageError('it has a query or a fragment; expected only a path');
    const settings = await parseSettings(
      { tokenFile: `${tokenDirectory}/token`, listen: host, expiresIn: '60', path: pathname },
      // The broker resolves localhost itself, in the pod.
      async () => ['127.0.0.1'],
    );
    const address = ['--listen', hostAndPort(settings.listen)];
    return { address, all: [...address, '--path', settings.path] };
  } catch (cause) {
    throw new UsageError(`the token broker cannot listen at workers.tokenURL (${tokenURL})`, { cause });
  }
}
