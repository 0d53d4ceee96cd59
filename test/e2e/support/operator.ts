import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from './control-plane.ts';
import { install } from './install.ts';
import { type Supervised, supervise } from './supervised.ts';

const namespace = 'lakekeeper-operator-system';
const name = 'lakekeeper-operator';

/** The rights of the upstream chart (docs/facts/lakekeeper-crd.md §4), no more. */
const rules = [
  { apiGroups: ['lakekeeper.k8s.lakekeeper.io'], resources: ['lakekeepers'], verbs: ['*'] },
  {
    apiGroups: ['lakekeeper.k8s.lakekeeper.io'],
    resources: ['lakekeepers/status', 'lakekeepers/finalizers'],
    verbs: ['get', 'update', 'patch'],
  },
  {
    apiGroups: ['', 'apps', 'batch'],
    resources: ['deployments', 'services', 'jobs'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
  { apiGroups: ['batch'], resources: ['jobs/status'], verbs: ['get'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
];

/** What runs as the operator: the executable of `LAKEKEEPER_OPERATOR`, or else the stand-in. */
export const operatorUnderTest = process.env.LAKEKEEPER_OPERATOR || undefined;

/** Starts the operator as a process with its own ServiceAccount. @param proxy through which it reaches catalogs by service name. */
export async function startOperator(controlPlane: ControlPlane, proxy: string): Promise<Supervised> {
  const { admin, directory } = controlPlane;
  const metadata = { namespace, name };
  await install(
    admin,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  );
  const token = await admin.token(namespace, name);
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    KUBECONFIG: await controlPlane.kubeconfig(token),
    HTTP_PROXY: proxy,
  };
  const log = join(directory, 'operator.log');
  if (operatorUnderTest === undefined) {
    const [tsx, main] = [
      import.meta.resolve('tsx'),
      new URL('../operator/main.ts', import.meta.url).pathname,
    ];
    return supervise(process.execPath, ['--import', tsx, main], { env, log });
  }
  await access(operatorUnderTest, constants.X_OK).catch((cause) => {
    throw new Error(`LAKEKEEPER_OPERATOR is ${operatorUnderTest}, which cannot be executed`, { cause });
  });
  // No fixed ports.
  const flags = ['--metrics-bind-address=0', '--health-probe-bind-address=0'];
  return supervise(operatorUnderTest, flags, { env, log });
}
