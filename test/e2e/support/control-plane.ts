import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Authority, createAuthority } from '../../support/certificates.ts';
import { freePort } from '../../support/listen.ts';
import { type Cluster, connectCluster } from './cluster.ts';
import { type Supervised, supervise } from './supervised.ts';
import { type Tool, tool } from './tools.ts';

/**
 * A Kubernetes control plane of our own: etcd, kube-apiserver and kube-controller-manager, real, on free ports of
 * this machine.
 */
export interface ControlPlane extends AsyncDisposable {
  readonly server: string;
  /** The issuer of ServiceAccounts' tokens: the API server, under its Service's name, which pods know. */
  readonly issuer: string;
  /** Issues the certificate of the API server. */
  readonly authority: Authority;
  /** May do everything. */
  readonly admin: Cluster;
  /** A client with this token. */
  as(token: string): Cluster;
  /** A kubeconfig whose one user has this token; the server may be another, such as a proxy. */
  kubeconfig(token: string, server?: string): Promise<string>;
  /** For files that live as long as the control plane. */
  readonly directory: string;
}

/** Tokens of people; ServiceAccounts get theirs from the API. */
export const adminToken = 'admin-token';
/** A user `limited`, who has no rights. */
export const limitedToken = 'limited-token';
/** A kubelet, by its name and group. It has no rights but those that a test gives its group. */
export const kubeletToken = 'kubelet-token';
const tokens = `${adminToken},admin,admin,system:masters
${limitedToken},limited,limited
${kubeletToken},system:node:one,system:node:one,system:nodes
`;
/** The name of the API server's Service, whose port is the API server's own here: 443 is root's alone. */
export const apiServerName = 'kubernetes.default.svc.cluster.local';

/**
 * Those that act on what is tested. There are no nodes, no volumes and no network: pods are run by the kubelet's
 * stand-in, which has no node either.
 */
const controllers = [
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'deployment-controller',
  'disruption-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'replicaset-controller',
  'resourcequota-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'ttl-after-finished-controller',
  'validatingadmissionpolicy-status-controller',
];

/** @throws MissingTool when a program is not there; Error with what a program said when it does not start. */
export async function startControlPlane(retries = 3): Promise<ControlPlane> {
  try {
    return await startOnFreePorts();
  } catch (error) {
    // Somebody else took a port between our look and the program's start.
    if (retries > 0 && String(error).includes('address already in use'))
      return startControlPlane(retries - 1);
    throw error;
  }
}

async function startOnFreePorts(): Promise<ControlPlane> {
  const names: Tool[] = ['etcd', 'kube-apiserver', 'kube-controller-manager'];
  const [etcd = '', apiServer = '', controllerManager = ''] = await Promise.all(names.map(tool));
  const directory = await mkdtemp(join(tmpdir(), 'control-plane-'));
  // Takes the files away at the very end, whatever that is.
  const files = supervise('sleep', ['infinity'], { directory, log: '/dev/null' });
  const running: Supervised[] = [files];
  const stop = async () => {
    for (const program of running.toReversed()) await program.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const authority = createAuthority('control-plane');
    const file = async (name: string, text: string) => {
      await writeFile(join(directory, name), text, { mode: 0o600 });
      return join(directory, name);
    };
    const ca = await file('ca.crt', authority.cert);
    const { cert, key } = authority.issue('kube-apiserver', ['127.0.0.1', 'localhost', apiServerName]);
    const accounts = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const signingKey = await file('service-accounts.key', accounts.privateKey);
    const start = (name: string, command: string, args: string[]) => {
      const program = supervise(command, args, { log: join(directory, `${name}.log`) });
      running.push(program);
      return program;
    };

    const [clients, peers, port] = await Promise.all([freePort(), freePort(), freePort()]);
    const [server, issuer] = [`https://127.0.0.1:${port}`, `https://${apiServerName}:${port}`];
    const store = start('etcd', etcd, [
      `--data-dir=${directory}/etcd`,
      `--listen-client-urls=http://127.0.0.1:${clients}`,
      `--advertise-client-urls=http://127.0.0.1:${clients}`,
      `--listen-peer-urls=http://127.0.0.1:${peers}`,
      '--unsafe-no-fsync',
    ]);
    const api = start('kube-apiserver', apiServer, [
      `--etcd-servers=http://127.0.0.1:${clients}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${directory}`,
      `--tls-cert-file=${await file('server.crt', cert)}`,
      `--tls-private-key-file=${await file('server.key', key)}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${await file('tokens.csv', tokens)}`,
      `--service-account-issuer=${issuer}`,
      `--service-account-jwks-uri=${issuer}/openid/v1/jwks`,
      `--service-account-key-file=${await file('service-accounts.pub', accounts.publicKey)}`,
      `--service-account-signing-key-file=${signingKey}`,
      '--service-cluster-ip-range=10.0.0.0/16',
      '--shutdown-delay-duration=0s',
      // For MutatingAdmissionPolicies as Kubernetes 1.34 and 1.35 have them.
      '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
    ]);
    const kubeconfig = async (token: string, at = server) => {
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'e2e', cluster: { server: at, 'certificate-authority': ca } }],
        users: [{ name: 'user', user: { token } }],
        contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'user' } }],
        'current-context': 'e2e',
      };
      const name = `${token.slice(-20).replaceAll(/[^a-zA-Z0-9-]/g, '_')}-${new URL(at).port}.kubeconfig`;
      return file(name, JSON.stringify(config));
    };
    const as = (token: string) => connectCluster({ server, ca: authority.cert, token });
    const admin = as(adminToken);
    await untilReady('kube-apiserver', [api, store], () => admin.isReady());
    const manager = start('kube-controller-manager', controllerManager, [
      `--kubeconfig=${await kubeconfig(adminToken)}`,
      `--service-account-private-key-file=${signingKey}`,
      `--root-ca-file=${ca}`,
      '--secure-port=0',
      '--leader-elect=false',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
      `--controllers=${controllers}`,
    ]);
    await untilReady('kube-controller-manager', [manager, api, store], () =>
      admin.exists({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { namespace: 'default', name: 'default' },
      }),
    );
    return {
      server,
      issuer,
      authority,
      admin,
      as,
      kubeconfig,
      directory,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(
  name: string,
  programs: readonly Supervised[],
  isReady: () => Promise<boolean>,
): Promise<void> {
  let code: number | undefined;
  for (const { ended } of programs) void ended.then((ending) => (code = ending));
  const deadline = Date.now() + 120_000;
  while (!(await isReady().catch(() => false))) {
    if (code !== undefined || Date.now() > deadline) {
      const reason = code === undefined ? 'is not ready after two minutes' : 'or what it needs has ended';
      const said = await Promise.all(programs.map((program) => program.said()));
      throw new Error(`${name} ${reason}:\n${said.join('\n')}`);
    }
    await sleep(100);
  }
}
