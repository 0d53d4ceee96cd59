import type { SubjectChange } from './grouping.ts';
import { caSecret, neededSecret } from './metadata-store-change.ts';
import { documentsOf, type KubernetesObject, readObjects, textAt } from './objects.ts';
import { type OwnNames, ownNames } from './own-names.ts';
import { isLakekeeper } from './parsed-directory.ts';

/** An org whose directory is added or removed. */
export interface Member {
  readonly names: OwnNames;
  /** Its metadata store, for messages. */
  readonly store: string | undefined;
  /** What has to exist before the sync, for messages. */
  readonly needs: string | undefined;
}

/**
 * Changes for orgs that are added or removed. An org in both lists moves; another one is removed when its retirement
 * is recorded.
 */
export function membershipChanges(coming: readonly Member[], going: readonly Member[]): SubjectChange[] {
  const newNames = new Map(
    coming.flatMap((member) => (member.names.org === undefined ? [] : [[member.names.org, member]])),
  );
  const moved = new Map(
    going.flatMap((old) => {
      const wanted = old.names.org === undefined ? undefined : newNames.get(old.names.org);
      return wanted === undefined ? [] : [[wanted, old]];
    }),
  );
  const stays = new Set(moved.values());
  return [
    ...coming.map((member): SubjectChange => {
      const old = moved.get(member);
      return old === undefined
        ? {
            names: member.names,
            change: { kind: 'catalogAdded', ...detail(inWords(member.store, member.needs)) },
          }
        : {
            names: member.names,
            change: {
              kind: 'catalogMoved',
              what: 'name',
              from: old.names.name,
              to: member.names.name,
              ...detail(inWords(stores(old, member), member.needs)),
            },
          };
    }),
    ...going
      .filter((member) => !stays.has(member))
      .map(
        ({ names }): SubjectChange => ({
          names,
          change: { kind: 'retirementEnded' },
        }),
      ),
  ];
}

/**
 * Reads an org whose directory is added or removed from its files.
 * @param known names that the caller knows; the others are read from the objects.
 */
export function member(
  known: Partial<OwnNames> & { readonly name: string },
  texts: readonly string[],
): Member {
  const documents = texts.flatMap(documentsOf);
  // Only the Lakekeeper resource is parsed, if there is one: it has all that is needed, and parsing YAML is slow.
  const resources = documents.filter((document) => /^kind: Lakekeeper$/m.test(document));
  const { objects } = readObjects(resources.length > 0 ? resources : documents);
  const catalog = objects.find(isLakekeeper);
  return {
    names: { ...ownNames(known.name, objects), ...known },
    store: storeOf(catalog),
    needs: neededSecret(textAt(catalog, `spec.database.postgres.${caSecret}`)),
  };
}

function storeOf(catalog: KubernetesObject | undefined): string | undefined {
  const [host, database] = ['host', 'database'].map((field) =>
    textAt(catalog, `spec.database.postgres.${field}`),
  );
  return host === undefined || database === undefined ? undefined : `database ${database} on ${host}`;
}

function stores(old: Member, wanted: Member): string | undefined {
  if (old.store === undefined || old.store === wanted.store)
    return wanted.store && `${wanted.store}, as before`;
  return `${old.store} stays, ${wanted.store} is new`;
}

function inWords(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join('; ');
}

function detail(text: string | undefined): { detail?: string } {
  return text === undefined || text === '' ? {} : { detail: text };
}
