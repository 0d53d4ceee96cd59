import { existsSync } from 'node:fs';
import type { RawRecord } from '../mapping/raw-record.ts';
import type { RecordTable } from '../mapping/record-table.ts';
import type { TableName } from '../mapping/relation.ts';
import type { ListedKind } from '../mapping/resource-record.ts';
import { duckgres, type SourceMapping } from '../mapping/source-mapping.ts';
import { mayHoldCredential } from '../text/credential-form.ts';
import { UsageError } from '../text/errors.ts';
import { readWarehouseFile } from './warehouse-file.ts';

/** Schema and name are those of the warehouse table. */
export interface SourceSettings extends TableName {
  /** A `postgres://` URL, the path of a YAML or JSON file, or `-` for standard input. */
  readonly warehouses?: string | undefined;
  /** The built-in mapping when left out. */
  readonly mapping?: SourceMapping | undefined;
  /** Kind of the Kubernetes objects that are the orgs: in the cluster, when no other source is named. */
  readonly resource?: ListedKind | undefined;
  /** Of a database: where it has what is recorded. As of `PostgresSource`. */
  readonly record?: RecordTable | undefined;
}

const defaultFile = 'warehouses.yaml';

/**
 * Opens the source of the warehouse records: what the user named, else `LAKEKEEPER_GITOPS_WAREHOUSES`, else the
 * resources of the settings, else the database of the PG* variables when one of them names a host or a database, else
 * `warehouses.yaml`.
 *
 * @param warn is given what is odd about a file, though it can be read; one line each.
 * @throws UsageError when there is no source, or it cannot be read. It repeats a path, never what may hold a
 * credential.
 */
export async function openSource(
  { warehouses, mapping = duckgres, resource, record, schema, table }: SourceSettings,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void = () => undefined,
): Promise<AsyncIterable<RawRecord>> {
  const named = warehouses || env.LAKEKEEPER_GITOPS_WAREHOUSES || undefined;
  if (named === undefined && resource !== undefined)
    return (await import('./read-resources.ts')).readResources(resource, mapping, warn);
  // libpq takes blanks around a URL too.
  const isDatabase = named ? /^\s*postgres(ql)?:\/\//i.test(named) : Boolean(env.PGHOST || env.PGDATABASE);
  if (!isDatabase)
    return readWarehouseFile(named === '-' ? named : fileName(named), warn, mapping, resource?.plural);
  const [{ readPostgres }, { parseConnection }] = await Promise.all([
    import('./postgres.ts'),
    import('../clients/postgres/connection.ts'),
  ]);
  return readPostgres({ connection: parseConnection(named, env), mapping, record, schema, table });
}

function fileName(named: string | undefined): string {
  if (named === undefined) {
    if (existsSync(defaultFile)) return defaultFile;
    throw new UsageError(
      `there is no ${defaultFile} here, and no other source of warehouses; give --warehouses a postgres:// ` +
        'URL or a file, or set LAKEKEEPER_GITOPS_WAREHOUSES or PGHOST',
    );
  }
  if (!mayHoldCredential(named) || existsSync(named)) return named;
  throw new UsageError(
    `--warehouses (or LAKEKEEPER_GITOPS_WAREHOUSES): ${formOf(named)}; expected the path of a file, or a URL ` +
      'that begins with postgres://, without quotes around it. What was given is not repeated, as it may hold ' +
      'a credential',
  );
}

/** What a text is that names no source, in words that repeat none of it but the scheme of a URL. */
function formOf(named: string): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]{0,20}):\/\//i.exec(named) ?? [];
  if (scheme !== undefined) return `cannot read from ${scheme}://…`;
  if (/^\s*["'`]/.test(named)) return 'begins with a quote';
  if (/^\s*\w+\s*=/.test(named))
    return 'is a list of key=value; write it as postgres://user:password@host:port/database?sslmode=…';
  return 'there is no such file';
}
