/** The only exports of this large package that are used. The bundler removes the others. */
export { CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
