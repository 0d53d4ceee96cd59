import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { withDirectory } from '../support/tree.ts';
import { readAction } from '../support/workflow.ts';
import { tool } from './support/tools.ts';

/** The definitions of CI, by the linter for them. */

const actionlint = await tool('actionlint');

function lint(...files: string[]): string {
  const { stdout, stderr } = spawnSync(actionlint, ['-no-color', ...files], { encoding: 'utf8' });
  return stdout + stderr;
}

test('the workflows, and the one that is shown for a repository of manifests', async () => {
  const workflows = (await readdir('.github/workflows')).map((file) => `.github/workflows/${file}`);
  expect(workflows.length).toBeGreaterThan(1);
  expect(lint(...workflows, 'examples/ci/github.yml')).toBe('');
});

/** The linter reads workflows only: the steps of the action as those of a job, which knows the same inputs. */
async function actionAsWorkflow(): Promise<Record<string, unknown>> {
  const { inputs, runs } = await readAction('action.yml');
  const named = Object.keys(inputs).map((name) => [name, { type: 'string' }]);
  return {
    on: { workflow_call: { inputs: Object.fromEntries(named) } },
    permissions: {},
    jobs: { action: { 'runs-on': 'ubuntu-24.04', steps: runs.steps } },
  };
}

test('the steps of the action', async () => {
  await withDirectory(async (directory) => {
    const file = join(directory, 'action.yml');
    await writeFile(file, stringify(await actionAsWorkflow()));
    expect(lint(file)).toBe('');
    // The check can fail.
    await writeFile(
      file,
      stringify(await actionAsWorkflow()).replaceAll('inputs.platform', 'inputs.plattform'),
    );
    expect(lint(file)).toContain('property "plattform" is not defined');
  });
});
