import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { globalSetup } from './vitest.config.ts';
import e2e, { packageSetup } from './vitest.e2e.config.ts';
import faults, { faultsSetup } from './vitest.faults.config.ts';

const maxWorkers = 4;
/** Has two hundred orgs in one process, whose requests run into their time limits where others have the cores. */
const busy = ['test/faults/many-orgs.test.ts'];
const project = (name: string, { test }: typeof e2e, files: object): TestProjectInlineConfiguration => ({
  test: { ...test, name, maxWorkers, globalSetup: [], ...files },
});

/** All slow tests in one run: while some wait for a cluster, others have the cores. */
export default defineConfig({
  test: {
    globalSetup: [globalSetup, faultsSetup, packageSetup],
    maxWorkers,
    projects: [
      project('e2e', e2e, {}),
      project('faults', faults, { exclude: busy }),
      project('busy', faults, { include: busy, sequence: { groupOrder: 1 } }),
    ],
  },
});
