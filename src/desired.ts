import type { Catalog } from './catalog/catalog.ts';
import type { DerivedOrg, Fleet } from './catalog/fleet.ts';
import type { Eventually, RenderedFile } from './output/dist-tree.ts';
import type { Platform } from './platform/platform-settings.ts';

/**
 * What the output directory is to hold: synth writes it, plan says what it would change.
 */

/** An org, and what its directory is to hold. */
export interface DesiredOrg extends DerivedOrg {
  /** @returns a promise only the first time: what renders is loaded then, and a run that knows all its files does without. */
  readonly render: () => Eventually<readonly RenderedFile[]>;
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

/** What one org after the other is to have, in the order of the orgs. */
export function* desiredOrgs(
  orgs: Iterable<DerivedOrg>,
  platform: Platform,
  way: Way = 'fast',
): Generator<DesiredOrg> {
  const render = lazily(() => rendererOf(platform, way));
  for (const { catalog, origin } of orgs)
    yield { catalog, origin, render: () => render((files) => files(catalog)) };
}

async function rendererOf(
  platform: Platform,
  way: Way,
): Promise<(catalog: Catalog) => readonly RenderedFile[]> {
  if (way === 'fast') {
    const { shapedRenderer } = await import('./manifests/shapes/shaped-renderer.ts');
    return shapedRenderer(platform);
  }
  const { renderOrg } = await import('./manifests/render-files.ts');
  return (catalog) => renderOrg(catalog, platform);
}

/** What the orgs share is to have. */
export async function desiredPlatform(platform: Platform): Promise<readonly RenderedFile[]> {
  const { renderPlatform } = await import('./manifests/render-files.ts');
  return renderPlatform(platform);
}

/** Begins to load what renders, for who is sure to need it. What is wrong with it shows when it is used. */
export function loadRenderer(): void {
  import('./manifests/shapes/shaped-renderer.ts').catch(() => undefined);
}

/** Something that is loaded when it is first used. @returns a function that uses it: at once, once it is there. */
function lazily<T>(load: () => Promise<T>): <R>(use: (loaded: T) => R) => Eventually<R> {
  let loading: Promise<T> | undefined;
  let loaded: { readonly it: T } | undefined;
  return (use) => {
    if (loaded !== undefined) return use(loaded.it);
    loading ??= load();
    return loading.then((it) => {
      loaded = { it };
      return use(it);
    });
  };
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
