import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import type { RetirementInputs } from '../../src/catalog/retirement-inputs.ts';
import { kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import type { Connection } from '../../src/clients/postgres/connection.ts';
import type { DesiredMetadataStore } from '../../src/registration/metadata-store/metadata-store.ts';
import { retire } from '../../src/retirement/retire.ts';
import { createLog } from '../../src/text/log.ts';
import { Redactions } from '../../src/text/redactions.ts';
import { catalog, platform } from './fleet.ts';
import { startKubernetesStandIn } from './kubernetes-stand-in.ts';

/**
 * What a retirement does to the metadata store, of an org that has nothing else.
 *
 * @returns the kinds of what was done there.
 * @throws as `retire`.
 */
export async function retireStore(
  admin: { readonly connection: Connection; readonly password: string },
  { database, postgresRole }: DesiredMetadataStore,
  policy: RetirementInputs['policy'],
): Promise<string[]> {
  await using cluster = await startKubernetesStandIn();
  const settings = platform();
  const registration = registrationInputs(catalog('acme', settings), settings);
  const { host, port, user, database: adminDatabase } = admin.connection;
  const metadataStore = {
    provisioning: 'admin',
    ...{ host, port, database, postgresRole },
    sslMode: 'disable',
    admin: { user, database: adminDatabase, password: { environment: 'ADMIN_PASSWORD' } },
  } as const;
  const redactions = new Redactions();
  const signal = AbortSignal.timeout(60_000);
  const connection = {
    server: cluster.server,
    options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
  };
  const done: string[] = [];
  await retire({
    inputs: { version: 1, policy, registration: { ...registration, metadataStore } },
    sources: {
      kubernetes: kubernetesClient(connection, { signal }),
      environment: { ADMIN_PASSWORD: admin.password },
      redactions,
    },
    target: {
      read: async () => ({ row: 'closed', found: undefined }),
      write: async () => 'updated',
      writeFailure: async () => undefined,
    },
    log: createLog({ format: 'json', write: () => undefined, redactions }),
    signal,
    onAction: ({ kind }) => {
      if (kind !== 'writeRecord') done.push(kind);
    },
  });
  return done;
}
