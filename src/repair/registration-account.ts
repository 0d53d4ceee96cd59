import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { kubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import type { KubernetesConnection } from '../clients/kubernetes/kubernetes-connection.ts';
import { requestedToken } from '../registration/catalog/catalog-token.ts';
import { jobAccount, requestToken } from '../registration/objects/account-token.ts';
import type { Account } from '../registration/open-registrar.ts';

/** Longer than the deadline of an org (`src/platform/repair-pods.ts`), so that one token is enough for it. */
const expirationSeconds = 3600;

/**
 * The ServiceAccount of the org's own Job. With it, a repair has the same rights as that Job, and is the same user
 * for the catalog. Its tokens come from the TokenRequest API and expire after an hour.
 *
 * @param connection of an account that may create tokens of the ServiceAccount.
 * @throws as `KubernetesClient.call`.
 */
export async function registrationAccount(
  inputs: RegistrationInputs,
  connection: KubernetesConnection,
  signal: AbortSignal,
): Promise<Account> {
  const { authentication } = inputs;
  const client = kubernetesClient(connection, { signal });
  const { token } = await requestToken(client, jobAccount(inputs), { expirationSeconds });
  const isOfCluster = authentication.mode !== 'none' && !('tokenEndpoint' in authentication);
  return {
    connection: withToken(connection, token),
    ...(isOfCluster && { token: requestedToken(inputs, authentication.audience, client) }),
  };
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
