import type { Connection } from '../../../clients/postgres/connection.ts';
import { withClient } from '../../../clients/postgres/postgres-client.ts';

/** A warehouse in the catalog's database. */
export interface StoredWarehouse {
  readonly id: string;
  readonly name: string;
  /** Its id. Names are unique in a project. */
  readonly project: string;
  readonly status: string;
}

/**
 * All warehouses of a catalog, from its metadata store: no release up to 0.13 lists inactive ones
 * (docs/facts/lakekeeper-management-api.md §9).
 *
 * @param login of the catalog's role: the admin may have no right on its tables.
 */
export function readStoredWarehouses(login: Connection): Promise<StoredWarehouse[]> {
  return withClient(login, async (client) => {
    const { rows } = await client.query<StoredWarehouse>(
      `SELECT warehouse_id::text AS id, warehouse_name::text AS name, project_id::text AS project, status::text
       FROM public.warehouse`,
    );
    return rows;
  });
}
