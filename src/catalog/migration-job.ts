import { sha256 } from '../text/sha256.ts';

/** The values that the operator hashes into the name of the migration Job. A change of any of them runs a migration. */
export interface MigrationIdentity {
  readonly image: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** User in the custom resource; empty when it comes from a Secret, as here. */
  readonly user?: string;
  readonly readHost?: string | undefined;
}

/**
 * Name of the Job with which the operator migrates the metadata store: `<name>-migrate-<8 hex>`.
 * Source: docs/facts/lakekeeper-crd.md §6.2; its example is in the test.
 */
export function migrationJobName(
  name: string,
  { image, host, port, database, user = '', readHost = '' }: MigrationIdentity,
): string {
  const text =
    `image:${image}|database:postgres|host:${host}|port:${port}|db:${database}|user:${user}|` +
    `readHost:${readHost}`;
  return `${name}-migrate-${sha256(text).slice(0, 8)}`;
}
