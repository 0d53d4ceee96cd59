import { parseAllDocuments } from 'yaml';
import type { Fleet, SkippedOrg } from './catalog/fleet.ts';
import { orgKey } from './catalog/names.ts';
import { type CommittedFiles, directoriesByOrg, sortFiles } from './tree/committed-files.ts';
import { timedYield } from './tree/event-loop.ts';

/** The committed directory of an org. */
export interface CommittedOrg {
  /** The catalog's, and the directory's. */
  readonly name: string;
  /** Where it is committed, relative to the output directory. */
  readonly directory: string;
  /** Paths of the files that synth made. */
  readonly files: readonly string[];
}

/** A committed org that leaves. */
export interface LeavingOrg extends CommittedOrg {
  /** Undefined when no file of the directory says whose it is. */
  readonly org: string | undefined;
  /** Its row, if the source still has it. */
  readonly skipped: SkippedOrg | undefined;
}

/** What is committed of a fleet, and what of that leaves. */
export interface Leaving {
  /** How many orgs are committed: those that are rendered, and those with a file that synth made. */
  readonly committed: number;
  readonly orgs: readonly LeavingOrg[];
  /** Those that are not rendered and do not leave. */
  readonly kept: readonly CommittedOrg[];
}

/**
 * Finds the committed orgs that leave. One whose record is rejected, or skipped for a while, keeps its manifests as
 * they are: a mistake in a row must not remove a catalog. A record without an org id may be that of any org, so then no
 * org leaves.
 */
export async function leavingOrgs(committed: CommittedFiles, fleet: Fleet): Promise<Leaving> {
  const rendered = new Set(fleet.catalogs.map(({ names }) => names.kubernetes));
  const staying = [...fleet.rejected, ...fleet.skipped.filter(({ keep }) => keep)];
  const stayingOrgs = new Set<string | undefined>(staying.map(({ org }) => org));
  const stayingNames = new Set(staying.map(({ name }) => name));
  const skipped = new Map(fleet.skipped.map((one) => [one.org as string, one]));
  const skippedNames = new Map(fleet.skipped.map((one) => [one.name, one]));
  const mayBeAnyOrg = fleet.rejected.some(({ org }) => org === undefined);
  const yieldToEventLoop = timedYield();
  const leaving: LeavingOrg[] = [];
  const kept: CommittedOrg[] = [];
  let count = 0;
  for (const [name, directories] of directoriesByOrg(committed)) {
    if (rendered.has(name)) {
      count += 1;
      continue;
    }
    await yieldToEventLoop();
    const files: string[] = [];
    for (const directory of directories) files.push(...(await sortFiles(committed, directory)).obsolete);
    if (files.length === 0) continue;
    count += 1;
    const found = { name, directory: directories[0] ?? '', files };
    const stays = mayBeAnyOrg || stayingNames.has(name);
    const org = stays ? undefined : await committedOrg(committed, files);
    if (stays || (org !== undefined && stayingOrgs.has(org))) kept.push(found);
    else
      leaving.push({ ...found, org, skipped: org === undefined ? skippedNames.get(name) : skipped.get(org) });
  }
  return { committed: count, orgs: leaving, kept };
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
