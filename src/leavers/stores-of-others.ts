import { basename } from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import { type StoresInUse, storesInUse } from '../catalog/stores-in-use.ts';
import type { LeavingOrg } from '../leaving.ts';
import { type FormerState, readFormerState } from '../moves/former-state.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import { timedYield } from '../tree/event-loop.ts';

/**
 * The stores that are used by orgs that do not leave. Beside those of the present settings, these are the committed
 * ones: an org that is rejected, or may not move, keeps its files, and its catalog runs.
 */
export async function storesOfOthers(
  committed: CommittedFiles,
  catalogs: readonly Catalog[],
  leaving: readonly LeavingOrg[],
): Promise<StoresInUse> {
  // What is confirmed to move leaves its former store.
  const others = new Set([...leaving, ...catalogs.filter((one) => one.isMoved)].map(nameOf));
  const yieldToEventLoop = timedYield();
  const kept: FormerState[] = [];
  for (const directory of committed.directories) {
    if (others.has(basename(directory)) || !committed.filesIn(directory).includes('registration.yaml'))
      continue;
    await yieldToEventLoop();
    const state = readFormerState(await committed.read(`${directory}/registration.yaml`));
    if (state !== undefined) kept.push(state);
  }
  return storesInUse([...kept, ...catalogs]);
}

function nameOf(org: Catalog | LeavingOrg): string {
  return 'names' in org ? org.names.kubernetes : org.name;
}
