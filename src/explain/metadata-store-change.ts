import { type Analyzer, within } from './analyzer.ts';
import type { Change, ChangeKind } from './change.ts';
import { migrationDetail } from './migration-change.ts';
import { isLakekeeper } from './parsed-directory.ts';
import { differencesAt, type FieldDifference, fromTo } from './shown.ts';

const places = ['host', 'port', 'database'];
/** From the weakest to the strongest, as in libpq. */
const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** The Postgres of a catalog. With another host, port or database the catalog is empty. */
export const metadataStore: Analyzer = {
  explains: (object, path) => isLakekeeper(object) && within(path, 'spec.database'),
  changes: (diff) =>
    differencesAt(diff.catalog, 'spec.database').map(({ what, from, to }): Change => {
      const field = what.replace(/^postgres\./, '');
      const kind = kindOf({ what: field, from, to });
      // The operator's name of the migration Job depends on the read replica too.
      const migrates = kind === 'metadataStoreMoved' || field === 'readHost' || field === 'user';
      const needs = field === caSecret ? neededSecret(to) : undefined;
      const details = needs === undefined ? (migrates ? migrationDetail(diff) : {}) : { detail: needs };
      return { kind, what: field, ...fromTo(from, to), ...details };
    }),
};

/** Where a catalog names the one Secret that registration does not write. */
export const caSecret = 'sslRootCertSecretRef.name';

/** For messages. The operator starts no pods while this Secret is missing. */
export function neededSecret(name: unknown): string | undefined {
  return name === undefined
    ? undefined
    : `needs the Secret ${name}, which registration does not write; make it before`;
}

function kindOf({ what, from, to }: FieldDifference): ChangeKind {
  if (places.includes(what) || what === 'type') return 'metadataStoreMoved';
  if (what.startsWith('encryptionKeySecretRef')) return 'encryptionKeyReplaced';
  if (what !== 'sslMode') return 'metadataStoreConnection';
  return sslModes.indexOf(String(to)) < sslModes.indexOf(String(from))
    ? 'tlsWeakened'
    : 'metadataStoreConnection';
}
