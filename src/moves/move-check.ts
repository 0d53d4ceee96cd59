import type { Catalog } from '../catalog/catalog.ts';
import type { Fleet, RejectedOrg } from '../catalog/fleet.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import type { DirectoryChange } from '../tree/diff.ts';
import type { DesiredDirectory } from '../tree/rendered-file.ts';
import { downgradeProblems } from './downgrade.ts';
import { formerStateOf } from './former-state.ts';
import { moveProblems } from './move-problems.ts';
import { unconfirmed } from './unconfirmed.ts';

/**
 * Refuses what would take a registered org's catalog from it, unless it is confirmed. A refused org keeps its
 * committed files.
 */
export class MoveCheck {
  private readonly refused: RejectedOrg[] = [];

  constructor(
    private readonly committed: CommittedFiles,
    private readonly platform: Platform,
  ) {}

  /** The changes without those of refused orgs. */
  async *allowed<D extends DesiredDirectory & { readonly catalog?: Catalog }>(
    changes: AsyncIterable<DirectoryChange<D>>,
  ): AsyncGenerator<DirectoryChange<D>> {
    for await (const change of changes) {
      const catalog = change.desired?.catalog;
      if (catalog === undefined || catalog.isMoved || !(await this.isRefused(catalog, change))) yield change;
    }
  }

  /** The fleet without the catalogs of refused orgs, which are rejected. To be called after the last change. */
  fleet(fleet: Fleet): Fleet {
    const refused = new Set(this.refused.map(({ org }) => org));
    return {
      ...fleet,
      catalogs: fleet.catalogs.filter(({ org }) => !refused.has(org)),
      rejected: [...fleet.rejected, ...this.refused],
    };
  }

  private async isRefused(catalog: Catalog, change: DirectoryChange): Promise<boolean> {
    const former = await formerStateOf(this.committed, change);
    if (former === undefined) return false;
    const refused = unconfirmed(catalog.org, catalog.names.kubernetes, moveProblems(former, catalog));
    const problems = [
      ...refused.problems,
      ...downgradeProblems(former.catalog.image, catalog, this.platform),
    ];
    if (problems.length > 0) this.refused.push({ ...refused, problems });
    return problems.length > 0;
  }
}
