import { execFileSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/explain/plan-schema.ts';
import { plan } from '../../src/plan.ts';
import { synth } from '../../src/synth.ts';
import type { CommittedFiles } from '../../src/tree/committed-files.ts';
import { withGitTree } from '../../src/tree/git-tree.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import { platform, rawRecords } from '../support/fleet.ts';
import { withDirectory } from '../support/tree.ts';

const repoURL = 'https://github.com/acme/catalogs.git';
const orgs = Array.from({ length: 12 }, (_, i) => `org-${i}`);

function inputs(shards: number | undefined, ids: readonly string[] = orgs) {
  const records = rawRecords(
    ids.map((org_id) => ({
      org_id,
      data_store_bucket_name: `lake-${org_id}`,
      duckling_name: `duckling-${org_id}`,
    })),
  );
  const argocd = shards === undefined ? { repoURL } : { repoURL, shards };
  return { records, platform: platform({ argocd }), ducklings: new Map() };
}

const write = (out: string, shards: number | undefined) =>
  synth({ ...inputs(shards), out, check: false, allowRemoval: false });
const planOf = (
  committed: CommittedFiles,
  shards: number | undefined,
  ids?: readonly string[],
): Promise<Plan> => plan({ ...inputs(shards, ids), committed, allowRemoval: false });
const kindsOf = ({ changes }: Plan) =>
  changes.filter(({ orgs }) => orgs > 0).map(({ kind, orgs }) => `${kind}: ${orgs}`);

describe('in shards', () => {
  test('committed files change nothing, in the work tree and at a commit', async () => {
    await withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      await write(out, 4);
      expect(await planOf(await readWorkTree(out), 4)).toMatchObject({
        risk: 'none',
        changes: [],
        foreignFiles: [],
      });
      const git = (...args: string[]) =>
        execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
          cwd: directory,
        });
      git('init', '--quiet');
      git('add', '--all');
      git('commit', '--quiet', '--message', 'dist');
      await withGitTree(out, 'HEAD', async (tree) => {
        expect(await planOf(tree, 4)).toMatchObject({ risk: 'none', changes: [], foreignFiles: [] });
      });
    });
  });

  test('an org that comes and one that leaves are the only changes', async () => {
    await withDirectory(async (out) => {
      await write(out, 4);
      const planned = await planOf(await readWorkTree(out), 4, [...orgs.slice(1), 'acme']);
      expect(kindsOf(planned)).toEqual(['retirementRetains: 1', 'catalogAdded: 1']);
    });
  });
});

describe('orgs that move to another Application', () => {
  test('are only moved, and their files are counted as synth counts them', async () => {
    await withDirectory(async (out) => {
      await write(out, undefined);
      const planned = await planOf(await readWorkTree(out), 4);
      expect(kindsOf(planned)).toEqual(['applicationChanged: 12']);
      const [{ variants = [] } = {}] = planned.changes;
      expect(new Set(variants.map(({ from }) => from))).toEqual(new Set(['Application of the org']));
      for (const { to } of variants) expect(to).toMatch(/^Application of shard 00[0-3]$/);
      expect(planned.orgs).toEqual({
        ...{ desired: 12, added: 0, leaving: 0, retiring: 0, removed: 0 },
        ...{ changed: 12, unchanged: 0 },
      });
      const { files } = await write(out, 4);
      const { created, updated, removed, unchanged } = planned.files;
      expect({ written: created + updated, removed, unchanged }).toEqual(files);
    });
  });

  test('with one shard more, only the orgs of the new shard move', async () => {
    await withDirectory(async (out) => {
      await write(out, 4);
      const planned = await planOf(await readWorkTree(out), 5);
      const [{ variants = [] } = {}] = planned.changes;
      expect(new Set(variants.map(({ to }) => to))).toEqual(new Set(['Application of shard 004']));
      expect(planned.orgs.changed).toBeLessThan(8);
      expect(planned.orgs.added + planned.orgs.leaving).toBe(0);
    });
  });

  test('an org that is committed twice stays where the settings put it, and leaves the other Application', async () => {
    await withDirectory(async (out) => {
      await write(out, undefined);
      await cp(join(out, 'orgs/lakekeeper-org-0'), join(out, 'shards/001/lakekeeper-org-0'), {
        recursive: true,
      });
      const planned = await planOf(await readWorkTree(out), undefined);
      expect(kindsOf(planned)).toEqual(['applicationChanged: 1']);
      expect(planned.changes[0]?.variants).toMatchObject([
        { from: 'Application of shard 001', to: 'Application of the org' },
      ]);
      expect(planned.files.removed).toBe(3);
      expect((await write(out, undefined)).files.removed).toBe(3);
    });
  });
});
