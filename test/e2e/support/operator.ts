import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { crdFile } from '../../support/crd.ts';
import type { ControlPlane } from './control-plane.ts';
import { install } from './install.ts';
import { type Supervised, supervise } from './supervised.ts';

const namespace = 'lakekeeper-operator-system';
const name = 'lakekeeper-operator';

const everything = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
/**
 * The rights of the upstream chart's ClusterRole (docs/facts/lakekeeper-crd.md §4), rule by rule: no more and no
 * less.
 */
const rules = [
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['services'], verbs: everything },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: everything },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: everything },
  { apiGroups: ['batch'], resources: ['jobs/status'], verbs: ['get'] },
  { apiGroups: ['lakekeeper.k8s.lakekeeper.io'], resources: ['lakekeepers'], verbs: everything },
  { apiGroups: ['lakekeeper.k8s.lakekeeper.io'], resources: ['lakekeepers/finalizers'], verbs: ['update'] },
  {
    apiGroups: ['lakekeeper.k8s.lakekeeper.io'],
    resources: ['lakekeepers/status'],
    verbs: ['get', 'patch', 'update'],
  },
];

/** What runs as the operator: the executable of `LAKEKEEPER_OPERATOR`, or else the stand-in. */
export const operatorUnderTest = process.env.LAKEKEEPER_OPERATOR || undefined;

/** The file of the resource's definition: `LAKEKEEPER_OPERATOR_CRD`, or ours. */
export const definitionFile: string | URL = process.env.LAKEKEEPER_OPERATOR_CRD || crdFile;

/**
 * Starts the operator as a process with its own ServiceAccount.
 *
 * @param proxy through which it reaches catalogs by service name.
 * @param server where it finds the API server.
 */
export async function startOperator(
  controlPlane: ControlPlane,
  proxy: string,
  server: string,
): Promise<Supervised> {
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
    KUBECONFIG: await controlPlane.kubeconfig(token, server),
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
