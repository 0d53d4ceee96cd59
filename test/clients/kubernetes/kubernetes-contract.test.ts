import { kubernetesContract } from '../../contracts/kubernetes.ts';
import { startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';

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
