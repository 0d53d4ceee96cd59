import { parseAllDocuments } from 'yaml';
import type { Fleet } from './catalog/fleet.ts';
import { orgKey } from './catalog/names.ts';
import { type CommittedFiles, directoriesByOrg, sortFiles } from './tree/committed-files.ts';
import { eventLoopTurns } from './tree/event-loop.ts';

/** A committed org that is to go. */
export interface LeavingOrg {
  /** Undefined when no file of the directory says whose it is. */
  readonly org: string | undefined;
  /** The catalog's, and the directory's. */
  readonly name: string;
  /** Where it is committed, relative to the output directory. */
  readonly directory: string;
  /** Whether the source still has its row, which is skipped now. */
  readonly isSkipped: boolean;
}

/** What is committed of a fleet, and what of that goes. */
export interface Leaving {
  /** How many orgs are committed: those that are rendered, and those with a file that synth made. */
  readonly committed: number;
  readonly orgs: readonly LeavingOrg[];
}

/**
 * Finds the committed orgs that are to go. One whose record is rejected, or skipped for a while, keeps its manifests
 * as they are: a slip in a row must not take a catalog down. A record without an org id may be that of any org, so then
 * no org goes.
 */
export async function leavingOrgs(committed: CommittedFiles, fleet: Fleet): Promise<Leaving> {
  const rendered = new Set(fleet.catalogs.map(({ names }) => names.kubernetes));
  const kept = idsAndNames([...fleet.rejected, ...fleet.skipped.filter(({ keep }) => keep)]);
  const skipped = idsAndNames(fleet.skipped);
  const mayBeAnyOrg = fleet.rejected.some(({ org }) => org === undefined);
  const turn = eventLoopTurns();
  const leaving: LeavingOrg[] = [];
  let count = 0;
  for (const [name, directories] of directoriesByOrg(committed)) {
    if (rendered.has(name)) {
      count += 1;
      continue;
    }
    await turn();
    const files: string[] = [];
    for (const directory of directories) files.push(...(await sortFiles(committed, directory)).obsolete);
    if (files.length === 0) continue;
    count += 1;
    if (mayBeAnyOrg || kept.names.has(name)) continue;
    const org = await committedOrg(committed, files);
    if (org !== undefined && kept.orgs.has(org)) continue;
    const isSkipped = org === undefined ? skipped.names.has(name) : skipped.orgs.has(org);
    leaving.push({ org, name, directory: directories[0] ?? '', isSkipped });
  }
  return { committed: count, orgs: leaving };
}

/**
 * The org that files belong to, by the annotation of their first object that has one.
 *
 * @returns the org id; undefined when no file says, for example because it was edited by hand.
 */
async function committedOrg(
  committed: CommittedFiles,
  paths: readonly string[],
): Promise<string | undefined> {
  for (const path of paths) {
    for (const document of parseAllDocuments(await committed.read(path))) {
      const org: unknown =
        'getIn' in document ? document.getIn(['metadata', 'annotations', orgKey]) : undefined;
      if (typeof org === 'string') return org;
    }
  }
  return undefined;
}

function idsAndNames(
  orgs: readonly { readonly org: string | undefined; readonly name: string | undefined }[],
) {
  return { orgs: new Set(orgs.map(({ org }) => org)), names: new Set(orgs.map(({ name }) => name)) };
}

/**
 * Why a run must not go on without `--allow-removal`; undefined when it may. A source that shrinks at once, or whose
 * rows say something else at once, is more often a mistake (a wrong database, a failed export, a default that changed)
 * than a wish.
 */
export function reasonToHoldBack(
  { catalogs, skipped, rejected }: Fleet,
  { committed, orgs }: Leaving,
): string | undefined {
  if (catalogs.length + skipped.length + rejected.length === 0) return 'the source has no records at all';
  const inSource = orgs.filter(({ isSkipped }) => isSkipped);
  const areMany = orgs.length >= 3 && orgs.length > 0.1 * committed;
  const areMost = inSource.length > 0 && orgs.length > 0.5 * committed;
  if (!areMany && !areMost) return undefined;
  const why = inSource.length > 0 ? `, ${inSource.length} of them because their rows are skipped now` : '';
  return `${orgs.length} of ${committed} committed orgs would be removed at once${why}`;
}
