import type { Catalog } from '../catalog/catalog.ts';
import { placeOf } from '../catalog/place.ts';
import { keyForMessage } from '../text/credential-form.ts';
import type { FormerState } from './former-state.ts';

/** What a registered org would lose where it would be. Pure. @returns nothing if it stays where it is. */
export function moveProblems(former: FormerState, catalog: Catalog): string[] {
  const { org, names } = catalog;
  const problems: string[] = [];
  if (former.org !== org)
    problems.push(
      `the catalog ${former.catalog.name} would go from org ${keyForMessage(former.org)} to it, with database and ` +
        'encryption key',
    );
  const [fromName, toName] = [nameIn(former.catalog), nameIn({ ...names, name: names.kubernetes })];
  if (fromName !== toName)
    problems.push(
      `the catalog would go from ${fromName} to ${toName}, where there is no Secret with its encryption key`,
    );
  const [fromStore, toStore] = [storeOf(former.metadataStore), storeOf(catalog.metadataStore)];
  if (fromStore !== toStore)
    problems.push(
      `the metadata store would go from ${fromStore} to ${toStore}, where the catalog starts empty`,
    );
  const [fromPlace, toPlace] = [
    placeOf(former.lakekeeperWarehouse.dataStore).url,
    placeOf(catalog.dataStore).url,
  ];
  // With another name, it is another warehouse of the same catalog.
  if (fromPlace !== toPlace && former.lakekeeperWarehouse.name === names.lakekeeperWarehouse)
    problems.push(
      `the files of the Lakekeeper warehouse ${names.lakekeeperWarehouse} would go from ${fromPlace} to ${toPlace}, ` +
        'and Lakekeeper cannot move a warehouse',
    );
  return problems;
}

function nameIn({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

function storeOf({ host, port, database }: FormerState['metadataStore']): string {
  return `database ${database} on ${host.toLowerCase()}:${port}`;
}
