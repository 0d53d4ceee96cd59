import { compareVersions, imageVersion } from '../text/image-version.ts';
import type { Change } from './change.ts';
import type { ChangeKind } from './change-kinds.ts';
import { inputsOf } from './inputs-change.ts';
import type { Meaning } from './meaning.ts';
import { textAt } from './objects.ts';
import { differencesAt, fromTo } from './shown.ts';

/** The object storage of an org's warehouse, which is in the registration inputs alone. */
export const dataStore: Meaning = {
  // What is in the inputs is explained by `registration`, as a whole.
  explains: () => false,
  changes: (scene) => {
    const inputs = inputsOf(scene);
    return differencesAt(inputs, 'lakekeeperWarehouse').map(({ what, from, to }): Change => {
      if (what === 'name') return { kind: 'lakekeeperWarehouseRenamed', ...fromTo(from, to) };
      const field = what.replace(/^dataStore\./, '');
      return { kind: kindOf(field, inputs.after), what: field, ...fromTo(from, to) };
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

/** Since v0.12 the region may follow an endpoint. */
function mayChangeRegion(inputs: unknown): boolean {
  const version = imageVersion(textAt(inputs, 'catalog.image') ?? '');
  return (
    textAt(inputs, 'lakekeeperWarehouse.dataStore.endpoint') !== undefined &&
    version !== undefined &&
    compareVersions(version, { major: 0, minor: 12 }) >= 0
  );
}
