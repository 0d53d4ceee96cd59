import type pg from 'pg';
import type { RetirementInputs } from '../catalog/retirement-inputs.ts';
import type { Connection } from '../clients/postgres/connection.ts';
import { withTransaction } from '../clients/postgres/postgres-client.ts';
import { observeInside, observeServer } from '../registration/metadata-store/observe.ts';
import { withSession } from '../registration/metadata-store/session.ts';
import { readLakekeeper } from '../registration/objects/operator-objects.ts';
import { readSecret } from '../registration/objects/secret-objects.ts';
import type { Retirement } from './retirement.ts';
import type { ObservedStore, ObservedTables, RetirementObservation } from './retirement-observation.ts';

/** A session of the admin of the metadata store. */
export interface AdminSession {
  readonly client: pg.Client;
  /** What it is connected to. */
  readonly admin: Connection;
}

/** @param store undefined when the store is pre-provisioned: it is not asked. */
export async function observeRetirement(
  { inputs, sources, target }: Pick<Retirement, 'inputs' | 'sources' | 'target'>,
  store: AdminSession | undefined,
): Promise<RetirementObservation> {
  const { catalog } = inputs.registration;
  const resource = await readLakekeeper(sources.kubernetes, catalog);
  const isDeleting = resource?.metadata.deletionTimestamp !== undefined;
  return {
    lakekeeper: resource === undefined ? 'gone' : isDeleting ? 'deleting' : 'there',
    record: await target.read(),
    secret: await readSecret(sources.kubernetes, catalog),
    store: store && (await observeStore(store, inputs)),
  };
}

/** What is in the metadata store, as its admin sees it. */
async function observeStore(
  { client, admin }: AdminSession,
  { policy, evenWithTables, registration: { metadataStore } }: RetirementInputs,
): Promise<ObservedStore | undefined> {
  if (metadataStore.provisioning !== 'admin') return undefined;
  const { database, postgresRole } = metadataStore;
  const server = await observeServer(client, metadataStore);
  const { rows } = await client.query<{ connections: string }>(
    'SELECT count(*) AS connections FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()',
    [postgresRole],
  );
  const { owner, adminMayConnect, state } = server.database ?? {};
  const mayConnect = adminMayConnect && state === 'open';
  const isAsked = policy === 'delete' && !evenWithTables && owner === postgresRole && mayConnect;
  return {
    server,
    connections: Number(rows[0]?.connections),
    tables: isAsked ? await observeTables(admin.to(database), postgresRole) : 'unseen',
  };
}

/** Lakekeeper has a row there for each table and view (docs/facts/lakekeeper-versions.md §3.1). */
const list = 'public.tabular';

async function observeTables(inside: Connection, postgresRole: string): Promise<ObservedTables> {
  return withSession(inside, 'NULL', async (client) => {
    const { holdsTables } = await observeInside(client, postgresRole);
    return withTransaction(client, 'read only', async () => {
      // The database is the role's. A view, or a table with row security, could call functions as the admin.
      const { rows } = await client.query<{ isPlain: boolean }>(
        `SELECT relkind = 'r' AND NOT relrowsecurity AS "isPlain" FROM pg_class WHERE oid = to_regclass('${list}')`,
      );
      if (rows[0]?.isPlain !== true) return holdsTables || rows.length > 0 ? 'unknown' : 0;
      const counted = await client.query<{ tables: string }>(`SELECT count(*) AS tables FROM ${list}`);
      return Number(counted.rows[0]?.tables);
    });
  });
}
