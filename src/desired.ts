import type { Catalog } from './catalog/catalog.ts';
import type { Fleet } from './catalog/fleet.ts';
import { renderOrg } from './manifests/render.ts';
import { shapedRenderer } from './manifests/shapes/shaped-renderer.ts';
import type { RenderedFile } from './output/dist-tree.ts';
import type { Platform } from './platform/settings.ts';

/**
 * What the output directory is to hold: synth writes it, plan says what it would change.
 */

/** An org, and the files that its directory is to hold. */
export interface RenderedOrg {
  readonly catalog: Catalog;
  readonly files: readonly RenderedFile[];
}

/** A committed directory that is to go. */
export interface LeavingOrg {
  /** Undefined when no file of the directory says whose it is. */
  readonly org: string | undefined;
  /** The directory, below `orgs/`, and the catalog's name. */
  readonly name: string;
}

/** How manifests are rendered: the slow way is the definition, the fast way gives the same bytes. */
export type Way = 'fast' | 'slow';

/** Renders one org after the other, in the order of the catalogs, as they are asked for: only one is in memory at a time. */
export function* renderOrgs(
  catalogs: Iterable<Catalog>,
  platform: Platform,
  way: Way = 'fast',
): Generator<RenderedOrg> {
  const render = way === 'fast' ? shapedRenderer(platform) : (one: Catalog) => renderOrg(one, platform);
  for (const catalog of catalogs) yield { catalog, files: render(catalog) };
}

/**
 * Committed orgs that are to go. One whose record is rejected, or skipped for a while, keeps its manifests as they are: a slip
 * in a row must not take a catalog down. A record that does not even say whose it is may be anybody's, so then nobody goes.
 *
 * @param committed names of the committed orgs. @param orgOf whose a directory is, as its own files say; asked only where it matters.
 */
export async function leavingOrgs(
  committed: Iterable<string>,
  fleet: Fleet,
  orgOf: (name: string) => Promise<string | undefined>,
): Promise<LeavingOrg[]> {
  if (fleet.rejected.some(({ org }) => org === undefined)) return [];
  const staying = new Set(fleet.orgs.map(({ name }) => name));
  const kept = new Set<string | undefined>(
    [...fleet.rejected, ...fleet.skipped.filter(({ keep }) => keep)].map(({ org }) => org),
  );
  const leaving: LeavingOrg[] = [];
  for (const name of committed) {
    if (staying.has(name)) continue;
    const org = await orgOf(name);
    if (org === undefined || !kept.has(org)) leaving.push({ org, name });
  }
  return leaving;
}

/**
 * Why a run must not go on without being told to: a source that shrinks at once is more often a mistake (a wrong database, a failed
 * export) than a wish. Undefined when it may.
 *
 * @param records how many the source has. @param leaving how many orgs would go, of those that are `committed`.
 */
export function reasonToHoldBack(records: number, leaving: number, committed: number): string | undefined {
  if (records === 0) return 'the source has no records at all';
  if (leaving >= 3 && leaving > 0.1 * committed)
    return `${leaving} of ${committed} committed orgs would go at once`;
  return undefined;
}
