import { registrationSuffix } from '../catalog/names.ts';
import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { kubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import type { KubernetesConnection } from '../clients/kubernetes/kubernetes-connection.ts';
import { requestToken } from '../registration/objects/account-token.ts';
import type { Account } from '../registration/open-registrar.ts';

/** Longer than the deadline of a run, so that one token is enough for an org. */
const expirationSeconds = 3600;

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
  const token = await requestToken(client, account, { expirationSeconds });
  return {
    connection: withToken(connection, token),
    ...(isOfCluster && {
      token: () => requestToken(client, account, { audience: authentication.audience, expirationSeconds }),
    }),
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
