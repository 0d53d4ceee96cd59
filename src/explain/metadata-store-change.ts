import type { Change } from './change.ts';
import type { ChangeKind } from './change-kinds.ts';
import { type Meaning, within } from './meaning.ts';
import { migrationDetail } from './migration-change.ts';
import { isLakekeeper } from './parsed-directory.ts';
import { differencesAt, type FieldDifference, fromTo } from './shown.ts';

const places = ['host', 'port', 'database'];
/** From what checks nothing to what checks everything, as libpq orders them. */
const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** The Postgres behind a catalog. Another host, port or database is another, empty catalog. */
export const metadataStore: Meaning = {
  explains: (object, path) => isLakekeeper(object) && within(path, 'spec.database'),
  changes: (scene) =>
    differencesAt(scene.catalog, 'spec.database').map(({ what, from, to }): Change => {
      const field = what.replace(/^postgres\./, '');
      const kind = kindOf({ what: field, from, to });
      // The read replica is part of what the operator names a migration by, too.
      const migrates = kind === 'metadataStoreMoved' || field === 'readHost' || field === 'user';
      return { kind, what: field, ...fromTo(from, to), ...(migrates ? migrationDetail(scene) : {}) };
    }),
};

function kindOf({ what, from, to }: FieldDifference): ChangeKind {
  if (places.includes(what) || what === 'type') return 'metadataStoreMoved';
  if (what.startsWith('encryptionKeySecretRef')) return 'encryptionKeyReplaced';
  if (what !== 'sslMode') return 'metadataStoreConnection';
  return sslModes.indexOf(String(to)) < sslModes.indexOf(String(from))
    ? 'tlsWeakened'
    : 'metadataStoreConnection';
}
