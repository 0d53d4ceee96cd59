import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** What all tests have. */
export const settings = {
  // What takes ten seconds alone takes a minute where others have the cores; only what hangs is to be ended.
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // A second is little where other programs have the cores.
  expect: { poll: { timeout: 30_000 } },
  // By default one core is left to others, of two. Some wait while others compute.
  maxWorkers: availableParallelism() + 1,
  // The user's own environment must not choose a warehouse source for a test.
  env: { PGHOST: '', PGDATABASE: '', LAKEKEEPER_GITOPS_WAREHOUSES: '', NO_COLOR: '1' },
};

export const globalSetup = 'test/support/global-setup.ts';

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((path) => `test/${path}`)
  .filter((path) => path.endsWith('.test.ts') && !/^test\/(e2e|faults)\//.test(path));
const changesProcess =
  /\bvi\.(mock|doMock|resetModules|spyOn|stub|useFakeTimers)|\bprocess\.(chdir|umask|env\.\w+ =|exitCode =)/;
const alone = files.filter((path) => changesProcess.test(readFileSync(path, 'utf8')));

const project = (name: string, include: string[], isolate: boolean): TestProjectInlineConfiguration => ({
  test: { ...settings, name, include, isolate },
});

/** To start a process, and to load in it what is tested, takes longer than most test files run. */
export default defineConfig({
  test: {
    globalSetup,
    maxWorkers: settings.maxWorkers,
    projects: [
      project('alone', alone, true),
      project(
        'together',
        files.filter((path) => !alone.includes(path)),
        false,
      ),
    ],
  },
});
