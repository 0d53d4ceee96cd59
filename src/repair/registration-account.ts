import { registrationSuffix } from '../catalog/names.ts';
import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { type KubernetesClient, kubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import type { KubernetesConnection } from '../clients/kubernetes/kubernetes-connection.ts';
import { resources } from '../registration/objects/cluster-objects.ts';
import type { Account } from '../registration/open-registrar.ts';

/** Longer than the deadline of a run, so that one token is enough for an org. */
const tokenSeconds = 3600;

/**
 * The ServiceAccount of the org's own Job. With it, a repair has the same rights as that Job, and is the same user
 * for the catalog. Its tokens come from the TokenRequest API and expire after an hour.
 *
 * @param connection of an account that may create tokens of the ServiceAccount.
 * @throws as `KubernetesClient.call`.
 */
export async function registrationAccount(
  { catalog, authentication }: RegistrationInputs,
  connection: KubernetesConnection,
  signal: AbortSignal,
): Promise<Account> {
  const { namespace, name } = catalog;
  const client = kubernetesClient(connection, { signal });
  const account = { namespace, name: `${name}${registrationSuffix}` };
  const isOfCluster =
    authentication.mode === 'kubernetes' ||
    (authentication.mode === 'openID' && authentication.issuer === 'cluster');
  const token = await requestToken(client, account, undefined);
  return {
    connection: withToken(connection, token),
    ...(isOfCluster && { token: () => requestToken(client, account, authentication.audience) }),
  };
}

interface TokenRequest {
  readonly status: { readonly token: string };
}

/** @param audience undefined for the API server. */
async function requestToken(
  client: KubernetesClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  audience: string | undefined,
): Promise<string> {
  const spec = { expirationSeconds: tokenSeconds, ...(audience !== undefined && { audiences: [audience] }) };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const resource = resources.serviceAccounts;
  const call = { verb: 'create', resource, namespace, name, subresource: 'token', body } as const;
  return (await client.call<TokenRequest>(call)).status.token;
}

/** The same server and connections, with another token. */
function withToken(connection: KubernetesConnection, token: string): KubernetesConnection {
  return {
    server: connection.server,
    options: async () => ({
      ...(await connection.options()),
      headers: { authorization: `Bearer ${token}` },
    }),
  };
}
