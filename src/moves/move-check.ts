import { join } from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import type { Fleet, RejectedOrg } from '../catalog/fleet.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import { keyForMessage } from '../text/credential-form.ts';
import type { Problem } from '../text/problem.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import type { DirectoryChange } from '../tree/diff.ts';
import type { DesiredDirectory } from '../tree/rendered-file.ts';
import { downgradeProblems } from './downgrade.ts';
import { formerInputsPath, readFormerState } from './former-state.ts';
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
    const path = formerInputsPath(change);
    if (path === undefined) return false;
    const former = readFormerState(await this.committed.read(path));
    const { org, names } = catalog;
    const problems =
      former === undefined
        ? [this.unreadable(org, path)]
        : [
            ...unconfirmed(org, names.kubernetes, moveProblems(former, catalog)).problems,
            ...downgradeProblems(former.catalog.image, catalog, this.platform),
          ];
    if (problems.length > 0) this.refused.push({ org, name: names.kubernetes, problems });
    return problems.length > 0;
  }

  private unreadable(org: OrgId, path: string): Problem {
    return {
      at: join(this.committed.against.directory, path),
      message:
        'has no inputs that can be read, so it is not known whether the catalog would move. Restore it from Git, or ' +
        `name ${keyForMessage(org)} in moves.confirm to have it written anew. The org keeps its files`,
    };
  }
}
