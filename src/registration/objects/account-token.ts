import { registrationSuffix } from '../../catalog/names.ts';
import type { RegistrationInputs } from '../../catalog/registration-inputs.ts';
import type { KubernetesClient, ObjectAddress } from '../../clients/kubernetes/kubernetes-client.ts';
import { resources } from './cluster-objects.ts';

/** The ServiceAccount of an org's registration Job. */
export function jobAccount({ catalog: { namespace, name } }: RegistrationInputs): ObjectAddress {
  return { namespace, name: `${name}${registrationSuffix}` };
}

interface TokenRequest {
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

export interface AccountToken {
  readonly token: string;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * A token of a ServiceAccount, by the TokenRequest API.
 *
 * @param options `audience`: the API server when left out; `expirationSeconds`: Kubernetes grants at least 600, and no
 * more than the API server is configured for.
 * @throws as `KubernetesClient.call`.
 */
export async function requestToken(
  client: KubernetesClient,
  { namespace, name }: ObjectAddress,
  { audience, expirationSeconds }: { readonly audience?: string; readonly expirationSeconds: number },
): Promise<AccountToken> {
  const spec = { expirationSeconds, ...(audience !== undefined && { audiences: [audience] }) };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const resource = resources.serviceAccounts;
  const call = { verb: 'create', resource, namespace, name, subresource: 'token', body } as const;
  const { token, expirationTimestamp } = (await client.call<TokenRequest>(call)).status;
  return { token, expiresAt: Date.parse(expirationTimestamp) };
}
