import { sha256 } from '../text/sha256.ts';

/** What the operator hashes into the name of the migration Job; a change of any of it runs a migration before the roll-out. */
export interface MigrationIdentity {
  readonly image: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Plain user of the custom resource; empty when it is given by a Secret, as we do. */
  readonly user?: string;
  readonly readHost?: string | undefined;
}

/**
 * Name of the Job that the operator migrates the metadata store with: `<name>-migrate-<8 hex>`.
 * Source: docs/facts/lakekeeper-crd.md §6.2, whose worked example is the test.
 */
export function migrationJobName(
  name: string,
  { image, host, port, database, user = '', readHost = '' }: MigrationIdentity,
): string {
  const text = `image:${image}|database:postgres|host:${host}|port:${port}|db:${database}|user:${user}|readHost:${readHost}`;
  return `${name}-migrate-${sha256(text).slice(0, 8)}`;
}
