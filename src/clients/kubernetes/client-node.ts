/** What the program uses of this package: the bundle leaves out what is not named here, and most of it is large. */
export { CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
