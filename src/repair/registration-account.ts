import { registrationSuffix } from '../catalog/names.ts';
import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { kubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import type { KubernetesConnection } from '../clients/kubernetes/kubernetes-connection.ts';
import { requestToken } from '../registration/objects/account-token.ts';
import type { Account } from '../registration/open-registrar.ts';

/** A run for an org that takes longer asks for no second token: its deadline is shorter. */
const expirationSeconds = 3600;

/**
 * The account by which the org's own Job registers it. So a repair can do for an org exactly what that Job may, and
 * a catalog sees the same caller. The tokens come from the TokenRequest API, and live an hour.
 *
 * @param connection to the cluster, as an account that may make tokens of the other one.
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

/** The same server, by the same connections: a request says by its token whose it is. */
function withToken(connection: KubernetesConnection, token: string): KubernetesConnection {
  return {
    server: connection.server,
    options: async () => ({
      ...(await connection.options()),
      headers: { authorization: `Bearer ${token}` },
    }),
  };
}
