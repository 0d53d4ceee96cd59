import { existsSync } from 'node:fs';
import { UsageError } from '../text/errors.ts';
import type { RawRecord } from './raw-record.ts';
import { readWarehouseFile } from './warehouse-file.ts';

export interface SourceSettings {
  /** A `postgres://` URL or the path of a YAML or JSON file. */
  readonly warehouses?: string | undefined;
  /** Schema and name of the warehouse table. */
  readonly schema: string;
  readonly table: string;
}

const defaultFile = 'warehouses.yaml';

/**
 * Opens the source of the warehouse records: what the user named, else `LAKEKEEPER_GITOPS_WAREHOUSES`, else the
 * database of the PG* variables when one of them names a host or a database, else `warehouses.yaml`.
 *
 * @param warn is given what is odd about a file, though it can be read; one line each.
 * @throws UsageError when there is no source, or it cannot be read.
 */
export async function openSource(
  { warehouses, schema, table }: SourceSettings,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void = () => undefined,
): Promise<AsyncIterable<RawRecord>> {
  const named = warehouses || env.LAKEKEEPER_GITOPS_WAREHOUSES;
  const isDatabase = named ? /^postgres(ql)?:\/\//i.test(named) : Boolean(env.PGHOST || env.PGDATABASE);
  if (!isDatabase) return readWarehouseFile(fileName(named), warn);
  const [{ readPostgres }, { parseConnection }] = await Promise.all([
    import('./postgres.ts'),
    import('../clients/postgres/connection.ts'),
  ]);
  return readPostgres({ connection: parseConnection(named, env), schema, table });
}

function fileName(named: string | undefined): string {
  if (named === undefined || named === '') {
    if (existsSync(defaultFile)) return defaultFile;
    throw new UsageError(
      `there is no ${defaultFile} here, and no other source of warehouses; give --warehouses a postgres:// ` +
        'URL or a file, or set LAKEKEEPER_GITOPS_WAREHOUSES or PGHOST',
    );
  }
  // What looks like a URL may have a password in it: only its scheme is repeated.
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(named) ?? [];
  if (scheme !== undefined)
    throw new UsageError(`--warehouses: cannot read from ${scheme}://…; expected postgres:// or a file`);
  return named;
}
