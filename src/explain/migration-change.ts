import { migrationJobName } from '../catalog/migration-job.ts';
import type { DirectoryDiff } from './analyzer.ts';
import { type KubernetesObject, textAt } from './objects.ts';

/** Name of the operator's migration Job; undefined if the resource lacks a field that it depends on. */
export function migrationJobOf(catalog: KubernetesObject | undefined): string | undefined {
  const postgres = (field: string) => textAt(catalog, `spec.database.postgres.${field}`);
  const image = textAt(catalog, 'spec.image');
  const [host, database] = [postgres('host'), postgres('database')];
  if (catalog === undefined || image === undefined || host === undefined || database === undefined)
    return undefined;
  return migrationJobName(catalog.metadata.name, {
    image,
    host,
    port: Number(postgres('port') ?? 5432),
    database,
    user: postgres('user') ?? '',
    readHost: postgres('readHost'),
  });
}

/** The migration that the change starts, as its detail; empty if it starts none. */
export function migrationDetail({ catalog }: DirectoryDiff): { detail?: string } {
  const [before, after] = [migrationJobOf(catalog.before), migrationJobOf(catalog.after)];
  return after === undefined || before === after ? {} : { detail: `migration Job ${after}` };
}
