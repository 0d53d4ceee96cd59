import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { connectKubernetes } from '../../src/clients/kubernetes/kubernetes-connection.ts';
import { kubernetesContract } from '../contracts/kubernetes.ts';
import { adminToken, limitedToken, startControlPlane } from './support/control-plane.ts';
import { install } from './support/install.ts';
import { definitionFile } from './support/operator.ts';

/** What the stand-in for the Kubernetes API is held to, asked of the real one. */
kubernetesContract('kube-apiserver', async () => {
  const controlPlane = await startControlPlane();
  await install(controlPlane.admin, parse(readFileSync(definitionFile, 'utf8')));
  const as = async (token: string) => connectKubernetes({ kubeconfig: await controlPlane.kubeconfig(token) });
  return {
    admin: await as(adminToken),
    limited: await as(limitedToken),
    limitedUser: 'limited',
    // A real server sends no bookmark in the first seconds.
    bookmarkSeconds: 8,
    close: async () => controlPlane[Symbol.asyncDispose](),
  };
});
