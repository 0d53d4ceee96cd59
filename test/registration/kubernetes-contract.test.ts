import { describe } from 'vitest';
import { connectKubernetes } from '../../src/registration/adapters/kubernetes-connection.ts';
import { kubernetesContract } from '../contracts/kubernetes.ts';
import { startKubernetesStandIn } from '../support/kubernetes-stand-in.ts';

kubernetesContract('the stand-in for the Kubernetes API', async () => {
  const standIn = await startKubernetesStandIn();
  standIn.users.set('limited-token', 'limited');
  const as = (token: string) => ({
    server: standIn.server,
    options: async () => ({ headers: { authorization: `Bearer ${token}` } }),
  });
  return {
    admin: as('admin-token'),
    limited: as('limited-token'),
    limitedUser: 'limited',
    bookmarkSeconds: 1,
    close: async () => await standIn[Symbol.asyncDispose](),
  };
});

/**
 * A real one: a kubeconfig with the contexts `admin` (may do everything) and `limited` (a user of that name, without
 * rights). The operator's custom resource definition (`imports/`) has to be installed.
 */
const kubeconfig = process.env.KUBECONFIG_UNDER_TEST;
describe.skipIf(!kubeconfig)('with KUBECONFIG_UNDER_TEST', () => {
  kubernetesContract('the Kubernetes API', async () => ({
    admin: await connectKubernetes({ kubeconfig, context: 'admin' }),
    limited: await connectKubernetes({ kubeconfig, context: 'limited' }),
    limitedUser: 'limited',
    bookmarkSeconds: 8,
    close: async () => {},
  }));
});
