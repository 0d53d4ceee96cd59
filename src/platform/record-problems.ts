import type { Problem } from '../text/problem.ts';
import type { Platform } from './platform-settings.ts';
import { authenticationSettings } from './settings-with-paths.ts';
import { builtInOf, sourceResource } from './source-settings.ts';

/** Problems between the settings of the source and those of the record. */
export function recordProblems(platform: Platform): Problem[] {
  const { source, registration } = platform;
  const { record } = registration;
  const ofResources = sourceResource(source) === undefined ? [] : resourceProblems(platform);
  if ('resource' in record && sourceResource(source) === undefined)
    return [{ at: 'registration.record.resource', message: 'needs source.resource, the kind of the orgs' }];
  if (!('warehouseDatabase' in record) || ofResources.length > 0) return ofResources;
  const { columns } = record.warehouseDatabase;
  const at = 'registration.record.warehouseDatabase.columns';
  if (columns === undefined) {
    const message =
      'is missing; expected the columns for endpoint, state and so on, as source.mapping has columns of its own. ' +
      'A table without such columns is recorded in another one: registration.record.table';
    return builtInOf(source.mapping) === 'duckgres' ? [] : [{ at, message }];
  }
  if (Object.keys(columns).every((name) => name === 'org'))
    return [{ at, message: 'names no column to write; expected catalogEndpoint at least' }];
  const isOpen = authenticationSettings(platform).every(([, { mode }]) => mode === 'none');
  if (isOpen || columns.oauthServerURI !== undefined) return [];
  const message = 'has no oauthServerURI; by that column, engines of an org learn that they have to log in';
  return [{ at, message }];
}

/** Kubernetes objects have no columns, and are in no database. */
function resourceProblems({ source, registration: { record } }: Platform): Problem[] {
  const others = 'another place: resource, configMap, or table with sameDatabase: false';
  return [
    ...(source.relation === undefined
      ? []
      : [
          {
            at: 'source.relation',
            message: 'is of a database, and source.resource of a cluster; keep one of them',
          },
        ]),
    ...(builtInOf(source.mapping) === 'duckgres'
      ? [{ at: 'source.mapping', message: 'has columns of duckgres; expected paths into source.resource' }]
      : []),
    ...('warehouseDatabase' in record
      ? [
          {
            at: 'registration.record.warehouseDatabase',
            message: `has no row of a resource; expected ${others}`,
          },
        ]
      : []),
    ...('table' in record && record.table.sameDatabase
      ? [
          {
            at: 'registration.record.table.sameDatabase',
            message: 'is true, and the orgs are in no database (source.resource); expected false',
          },
        ]
      : []),
  ];
}
