import { join } from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import type { RejectedOrg } from '../catalog/fleet.ts';
import { type StoresInUse, storesInUse, userOf } from '../catalog/stores-in-use.ts';
import type { CommittedOrg } from '../leaving.ts';
import { type FormerState, readFormerState } from '../moves/former-state.ts';
import { type CommittedFiles, directoriesByOrg } from '../tree/committed-files.ts';
import { inputsPath } from './committed-inputs.ts';

/**
 * Refuses the catalogs that would use the database or the role of an org whose retirement is committed and not
 * recorded: its Job would disable their login, or drop their database. A catalog that is committed with that store
 * already is not refused, but the retirement (`storesOfOthers`).
 *
 * @param retiring the orgs with such a retirement.
 */
export async function refusedForRetirements(
  catalogs: readonly Catalog[],
  retiring: readonly CommittedOrg[],
  committed: CommittedFiles,
): Promise<RejectedOrg[]> {
  const states: FormerState[] = [];
  const byOrg = new Map<string, CommittedOrg>();
  for (const one of retiring) {
    const state = readFormerState(await committed.read(inputsPath(one)));
    // Retirement changes nothing in a pre-provisioned store.
    if (state?.metadataStore.postgresRole === undefined) continue;
    states.push(state);
    byOrg.set(state.org, one);
  }
  if (states.length === 0) return [];
  const held = storesInUse(states);
  const directories = directoriesByOrg(committed);
  const refused: RejectedOrg[] = [];
  for (const { org, names, metadataStore } of catalogs) {
    const user = userOf(metadataStore, held);
    if (user === undefined || user.org === org) continue;
    const own = directories.get(names.kubernetes) ?? [];
    if (await usesAlready(own, held, committed)) continue;
    const retirement = byOrg.get(user.org) as CommittedOrg;
    const at = join(committed.against.directory, inputsPath(retirement));
    const problem = { at, message: heldMessage(user, retirement) };
    refused.push({ org, name: names.kubernetes, problems: [problem] });
  }
  return refused;
}

async function usesAlready(
  directories: readonly string[],
  held: StoresInUse,
  committed: CommittedFiles,
): Promise<boolean> {
  for (const directory of directories) {
    if (!committed.filesIn(directory).includes('registration.yaml')) continue;
    const state = readFormerState(await committed.read(`${directory}/registration.yaml`));
    if (state !== undefined && userOf(state.metadataStore, held) !== undefined) return true;
  }
  return false;
}

function heldMessage(
  { object, org }: { readonly object: string; readonly org: string },
  { directory }: CommittedOrg,
): string {
  const id = JSON.stringify(org);
  return (
    `the ${object} is that of org ${id} until its retirement is recorded: the Job ends the sessions of the role, and ` +
    'drops both with the policy delete. Wait until it is recorded (docs/retirement.md), name another database under ' +
    `orgs in the platform settings, or, if ${id} was renamed, remove ${directory} from Git by hand`
  );
}
