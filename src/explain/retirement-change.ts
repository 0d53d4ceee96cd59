import { placeOf } from '../catalog/place.ts';
import type { RetirementInputs } from '../catalog/retirement-inputs.ts';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import type { Change } from './change.ts';
import { directoryChanges } from './directory-changes.ts';
import { documentsOf, readObjects } from './objects.ts';
import { type OwnNames, ownNames } from './own-names.ts';
import type { FilePair } from './parsed-directory.ts';
import { fromTo } from './shown.ts';

/** The changes of an org that leaves: the retirement that begins, or its new policy. */
export function retirementChanges({ inputs }: RetiringOrg, files: readonly FilePair[]): Change[] {
  if (files.every(({ before, after }) => before === after)) return [];
  const before = retiringFile(files)?.before;
  const [was, is] = [before && policyOf(before), policyOf(retiringFile(files)?.after ?? '')];
  if (was === is) return directoryChanges(files);
  const kind = inputs.policy === 'delete' ? 'retirementDeletes' : 'retirementRetains';
  return [{ kind, ...(was && { what: 'policy', from: was, to: is }), detail: whatStays(inputs) }];
}

/** The change of a directory that was retiring and has a catalog again; undefined for any other directory. */
export function returnChanges(files: readonly FilePair[], { org, name }: OwnNames): Change[] | undefined {
  const file = retiringFile(files);
  if (file?.before === undefined || file.after !== undefined) return undefined;
  const retired = ownNames(name, readObjects(documentsOf(file.before)).objects).org;
  if (retired === org) return [{ kind: 'catalogReturns' }];
  return [{ kind: 'catalogTakenOver', ...fromTo(retired, org) }];
}

function retiringFile(files: readonly FilePair[]): FilePair | undefined {
  return files.find(({ path }) => path.endsWith('/retirement.yaml'));
}

/** By patterns: the inputs are JSON of one form in it, which the diff has shown to be ours. */
function policyOf(text: string): string {
  const policy = /^ +"policy": "([a-z]+)"/m.exec(text)?.[1] ?? 'unknown';
  return /^ +"evenWithTables": true/m.test(text) ? `${policy} even with tables` : policy;
}

function whatStays({ policy, evenWithTables, registration }: RetirementInputs): string {
  const { metadataStore, lakekeeperWarehouse } = registration;
  const store = `database ${metadataStore.database} on ${metadataStore.host}`;
  const files = `files stay in ${placeOf(lakekeeperWarehouse.dataStore).url}`;
  if (metadataStore.provisioning === 'preProvisioned')
    return `${store} is its provider's and stays; ${files}`;
  const role = `role ${metadataStore.postgresRole}`;
  if (policy === 'retain') return `${store} stays, ${role} cannot log in; ${files}`;
  const condition = evenWithTables ? ', also with tables registered in it' : '';
  return `${store} and ${role} are dropped${condition}; ${files}`;
}
