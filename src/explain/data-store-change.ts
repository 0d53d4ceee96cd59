import { compareVersions, imageVersion } from '../text/image-version.ts';
import type { Analyzer } from './analyzer.ts';
import type { Change, ChangeKind } from './change.ts';
import { inputsOf } from './inputs-change.ts';
import { textAt } from './objects.ts';
import { differencesAt, fromTo } from './shown.ts';

/** The object storage of an org's warehouse. Only the registration inputs have it. */
export const dataStore: Analyzer = {
  // `registration` explains all fields of the inputs.
  explains: () => false,
  changes: (diff) => {
    const inputs = inputsOf(diff);
    return differencesAt(inputs, 'lakekeeperWarehouse').flatMap(({ what, from, to }): Change[] => {
      if (what === 'name') return [{ kind: 'lakekeeperWarehouseRenamed', ...fromTo(from, to) }];
      // What else is there is about who may change the warehouse: `authentication-change.ts`.
      if (!what.startsWith('dataStore.')) return [];
      const field = what.replace('dataStore.', '');
      return [{ kind: kindOf(field, inputs.after), what: field, ...fromTo(from, to) }];
    });
  },
};

/**
 * Fields that neither Lakekeeper nor registration changes: docs/facts/lakekeeper-management-api.md §6, and
 * `registration/catalog/warehouse/warehouse-fields.ts`.
 */
const immutable = ['type', 'bucket', 'keyPrefix', 'accountName', 'filesystem', 'host', 'authorityHost'];

function kindOf(field: string, after: unknown): ChangeKind {
  if (immutable.includes(field) || (field === 'region' && !mayChangeRegion(after))) return 'storageRefused';
  return field === 'endpoint' ? 'storageElsewhere' : 'storageChanged';
}

/** Since v0.12, the region of a store with an endpoint may change. */
function mayChangeRegion(inputs: unknown): boolean {
  const version = imageVersion(textAt(inputs, 'catalog.image') ?? '');
  return (
    textAt(inputs, 'lakekeeperWarehouse.dataStore.endpoint') !== undefined &&
    version !== undefined &&
    compareVersions(version, { major: 0, minor: 12 }) >= 0
  );
}
