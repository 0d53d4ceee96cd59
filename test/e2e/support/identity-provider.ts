import { createServer } from 'node:https';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import type { Certificate } from '../../support/certificates.ts';
import { listen } from '../../support/listen.ts';

/** An OpenID provider outside of the cluster, which issues JWTs for one audience by client_credentials. */
export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly tokenEndpoint: string;
}

export interface Client {
  readonly id: string;
  readonly secret: string;
  /** Whether the secret is sent as Basic authentication or in the form (RFC 6749 §2.3.1). */
  readonly sends: 'client_secret_basic' | 'client_secret_post';
}

/** @param certificate of the address 127.0.0.1. */
export async function startIdentityProvider(
  certificate: Certificate,
  audience: string,
  clients: readonly Client[],
): Promise<IdentityProvider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  // The issuer is known when the server listens.
  let provider: Provider | undefined;
  const server = createServer(certificate, (request, response) => {
    void provider?.callback()(request, response);
  });
  const issuer = `https://127.0.0.1:${await listen(server)}`;
  provider = new Provider(issuer, {
    clients: clients.map(({ id, secret, sends }) => ({
      client_id: id,
      client_secret: secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: sends,
    })),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    ttl: { ClientCredentials: 600 },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:lakekeeper',
        getResourceServerInfo: () => ({ scope: '', audience, accessTokenFormat: 'jwt', accessTokenTTL: 600 }),
      },
    },
  });
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
