import { migrationJobName } from '../catalog/migration-job.ts';
import type { Scene } from './meaning.ts';
import { type KubernetesObject, textAt } from './objects.ts';

/** Name of the Job that the operator migrates a catalog with; undefined while the resource does not say enough. */
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

/** The migration that applying starts, as the detail of a change; nothing when it starts none. */
export function migrationDetail({ catalog }: Scene): { detail?: string } {
  const [before, after] = [migrationJobOf(catalog.before), migrationJobOf(catalog.after)];
  return after === undefined || before === after ? {} : { detail: `migration Job ${after}` };
}
