import type { Problem } from '../text/problem.ts';
import type { Platform } from './platform-settings.ts';
import { authenticationSettings } from './settings-with-paths.ts';

/** What the settings of the source and of the record say of each other. */
export function recordProblems(platform: Platform): Problem[] {
  const { source, registration } = platform;
  if (!('warehouseDatabase' in registration.record)) return [];
  const { columns } = registration.record.warehouseDatabase;
  const at = 'registration.record.warehouseDatabase.columns';
  if (columns === undefined) {
    const isOfDuckgres = source.mapping === 'duckgres' || source.mapping.extends === 'duckgres';
    const message =
      'is missing; expected the columns for endpoint, state and so on, as source.mapping has columns of its own. ' +
      'A table without such columns is recorded in another one: registration.record.table';
    return isOfDuckgres ? [] : [{ at, message }];
  }
  if (Object.keys(columns).every((name) => name === 'org'))
    return [{ at, message: 'names no column to write; expected catalogEndpoint at least' }];
  const isOpen = authenticationSettings(platform).every(([, { mode }]) => mode === 'none');
  if (isOpen || columns.oauthServerURI !== undefined) return [];
  const message = 'has no oauthServerURI; by that column, engines of an org learn that they have to log in';
  return [{ at, message }];
}
