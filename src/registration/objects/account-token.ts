import type { KubernetesClient, ObjectAddress } from '../../clients/kubernetes/kubernetes-client.ts';
import { resources } from './cluster-objects.ts';

interface TokenRequest {
  readonly status: { readonly token: string };
}

/**
 * A token of a ServiceAccount, by the TokenRequest API.
 *
 * @param options `audience`: the API server when left out; `expirationSeconds`: Kubernetes grants at least 600.
 * @throws as `KubernetesClient.call`.
 */
export async function requestToken(
  client: KubernetesClient,
  { namespace, name }: ObjectAddress,
  { audience, expirationSeconds }: { readonly audience?: string; readonly expirationSeconds: number },
): Promise<string> {
  const spec = { expirationSeconds, ...(audience !== undefined && { audiences: [audience] }) };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const resource = resources.serviceAccounts;
  const call = { verb: 'create', resource, namespace, name, subresource: 'token', body } as const;
  return (await client.call<TokenRequest>(call)).status.token;
}
