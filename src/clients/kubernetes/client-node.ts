/** The only export of this large package that is used. The bundler removes the others. */
export { KubeConfig } from '@kubernetes/client-node';
