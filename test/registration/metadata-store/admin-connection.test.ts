import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RegistrationInputs } from '../../../src/catalog/registration-inputs.ts';
import { registrationInputs } from '../../../src/catalog/registration-inputs.ts';
import type { KubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import { withClient } from '../../../src/clients/postgres/postgres-client.ts';
import { loginToMetadataStore } from '../../../src/registration/metadata-store/admin-connection.ts';
import { Redactions } from '../../../src/text/redactions.ts';
import { createAuthority } from '../../support/certificates.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';
import { catalog, platform } from '../../support/fleet.ts';

// The wrong authority has the right one's name, as an impostor would.
const [right, wrong] = [createAuthority('ours'), createAuthority('ours')];
let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startPostgres({
    tls: right.issue('server', ['localhost']),
    hba: ['hostnossl all all all reject'],
  });
});
afterAll(() => server.stop());

/** A cluster in which the Secrets hold the admin's password and this certificate. */
const cluster = (certificate: string): KubernetesClient => ({
  server: 'http://cluster',
  call: async <T>({ name }: { name?: string }) =>
    ({
      metadata: { name },
      data: {
        password: Buffer.from(server.password).toString('base64'),
        'ca.crt': Buffer.from(certificate).toString('base64'),
      },
    }) as T,
  watch: () => {
    throw new Error('nothing is watched here');
  },
  backOff: async () => {},
});

function inputs(sslMode: 'require' | 'verify-ca' | 'verify-full', host: string): RegistrationInputs {
  const external = {
    provisioning: 'admin',
    port: server.port,
    sslMode,
    sslRootCertSecret: { name: 'postgres-ca', key: 'ca.crt' },
    admin: {
      password: { secret: { namespace: 'ducklings', name: 'duckling-acme-postgres', key: 'password' } },
    },
  } as const;
  const settings = platform({ metadataStores: { external } });
  return registrationInputs(catalog('acme', settings, { metadata_store_endpoint: host }), settings);
}

async function login(of: RegistrationInputs, certificate: string): Promise<number> {
  const sources = {
    kubernetes: cluster(certificate),
    environment: { HOME: '/nowhere' },
    redactions: new Redactions(),
  };
  const connection = await loginToMetadataStore(of, sources, AbortSignal.timeout(30_000));
  return withClient(connection, async (client) => (await client.query('SELECT 1 AS one')).rows[0].one);
}

test.each(['require', 'verify-ca', 'verify-full'] as const)(
  'with sslMode %s the certificate of the Secret decides whom to trust',
  async (sslMode) => {
    expect(await login(inputs(sslMode, 'localhost'), right.cert)).toBe(1);
    await expect(login(inputs(sslMode, 'localhost'), wrong.cert)).rejects.toThrow(
      `sslmode=${sslMode}: the server's certificate is not accepted`,
    );
  },
);

test('only verify-full looks at the host', async () => {
  expect(await login(inputs('verify-ca', '127.0.0.1'), right.cert)).toBe(1);
  await expect(login(inputs('verify-full', '127.0.0.1'), right.cert)).rejects.toThrow(/while connecting/);
});
