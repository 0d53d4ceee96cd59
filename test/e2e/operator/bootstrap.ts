import { request } from 'node:http';
import type { Condition, Lakekeeper, LakekeeperStatus } from './lakekeeper.ts';
import { ports } from './objects.ts';

/** The catalog's management API, under its service name, without a token (docs/facts/lakekeeper-crd.md §7). */
export interface ManagementAPI {
  info(lakekeeper: Lakekeeper): Promise<{ bootstrapped: boolean; 'server-id': string } | undefined>;
  bootstrap(lakekeeper: Lakekeeper): Promise<{ readonly status: number; readonly text: string }>;
}

const timeout = 3000;

/** @param proxy URL of an HTTP proxy, as in HTTP_PROXY. */
export function managementAPI(proxy: string | undefined): ManagementAPI {
  const call = (lakekeeper: Lakekeeper, method: string, path: string, body?: object) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const { name, namespace } = lakekeeper.metadata;
      const url = new URL(`http://${name}.${namespace}.svc.cluster.local:${ports(lakekeeper).listen}${path}`);
      const headers = { host: url.host, ...(body && { 'content-type': 'application/json' }) };
      const target = proxy
        ? { host: new URL(proxy).hostname, port: new URL(proxy).port, path: url.href }
        : { host: url.hostname, port: url.port, path };
      const sent = request({ ...target, method, headers, timeout }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeout} ms`)));
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  return {
    info: async (lakekeeper) => {
      const { status, text } = await call(lakekeeper, 'GET', '/management/v1/info');
      return status === 200 ? JSON.parse(text) : undefined;
    },
    bootstrap: async (lakekeeper) => {
      const terms = { 'accept-terms-of-use': true, 'is-operator': true };
      return call(lakekeeper, 'POST', '/management/v1/bootstrap', terms);
    },
  };
}

type Finding = Pick<Condition, 'status' | 'reason' | 'message'>;

/** What is known of the bootstrap now; undefined leaves the condition as it is. */
export async function findBootstrap(
  lakekeeper: Lakekeeper,
  management: ManagementAPI,
): Promise<{ readonly finding?: Finding; readonly status?: LakekeeperStatus }> {
  const no = (reason: string, message: string) => ({
    finding: { status: 'False' as const, reason, message },
  });
  const look = async (message: string) => {
    const info = await management.info(lakekeeper).catch(() => undefined);
    if (info === undefined) return 'unreachable';
    if (!info.bootstrapped) return 'no';
    return {
      finding: { status: 'True' as const, reason: 'Bootstrapped', message },
      // Kubernetes' times have no fractions.
      status: { bootstrappedAt: new Date().toISOString().replace(/\.\d+/, ''), serverID: info['server-id'] },
    };
  };
  const first = await look('Lakekeeper server is bootstrapped');
  if (typeof first === 'object') return first;
  if (first === 'unreachable') return no('ServerNotReachable', 'Lakekeeper is not yet reachable');
  if (lakekeeper.spec.bootstrap?.enabled !== true)
    return no(
      'NotBootstrapped',
      'Lakekeeper server is not bootstrapped. Set spec.bootstrap.enabled=true to bootstrap automatically.',
    );
  let answer: { readonly status: number; readonly text: string };
  try {
    answer = await management.bootstrap(lakekeeper);
  } catch {
    return {};
  }
  // 409 is taken for somebody else's success; a server never says so.
  if (answer.status !== 204 && answer.status !== 409)
    return no(
      'BootstrapFailed',
      `bootstrap POST returned unexpected status ${answer.status}: ${answer.text}`,
    );
  const second = await look('Lakekeeper server was bootstrapped by the operator');
  if (typeof second === 'object') return second;
  // Its words for this were not recorded.
  return second === 'unreachable' ? no('BootstrapFailed', 'Lakekeeper is not yet reachable') : {};
}
