import { describe } from 'vitest';
import type { Scene } from '../e2e/support/scene.ts';
import { bootstrapContract } from './operator/bootstrap.ts';
import { catalogsIn } from './operator/catalogs.ts';
import { deletionContract } from './operator/deletion.ts';
import { migrationContract } from './operator/migration.ts';
import { nameContract } from './operator/names.ts';
import { rollOutContract } from './operator/roll-out.ts';
import { secretContract } from './operator/secrets.ts';
import { servingContract } from './operator/serving.ts';
import { wakeContract } from './operator/wake.ts';

/**
 * What the product relies on from the lakekeeper-operator; what is not stated here, it may not rely on. For the
 * stand-in and, with `LAKEKEEPER_OPERATOR`, for a real one. Source: docs/facts/lakekeeper-crd.md.
 */
export function operatorContract(title: string, open: () => Promise<Scene>): void {
  describe(title, () => {
    const catalogs = catalogsIn(open);
    secretContract(catalogs);
    servingContract(catalogs);
    bootstrapContract(catalogs);
    migrationContract(catalogs);
    rollOutContract(catalogs);
    nameContract(catalogs);
    wakeContract(catalogs);
    deletionContract(catalogs);
  });
}
