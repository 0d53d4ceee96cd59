import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Loaded, loadedBy } from './support/loaded.ts';
import { withDirectory } from './support/tree.ts';

/** Synth of some orgs, with what the program loaded for it. */
async function loadedBySynth(directory: string, ...orgs: string[]): Promise<Loaded> {
  const warehouses = join(directory, 'warehouses.json');
  const rows = orgs.map((org, i) => ({
    org_id: org,
    state: 'ready',
    iceberg_enabled: true,
    metadata_store_kind: 'cnpg-shard',
    data_store_bucket_name: 'lake',
    duckling_name: `duckling-${i}`,
  }));
  await mkdir(directory, { recursive: true });
  await writeFile(warehouses, JSON.stringify({ warehouses: rows }));
  const platform = 'examples/fleet/platform.yaml';
  const out = join(directory, 'dist');
  return loadedBy(
    await mkdtemp(join(directory, 'coverage-')),
    'synth',
    '--warehouses',
    warehouses,
    '--platform',
    platform,
    '--out',
    out,
  );
}

test.each(['--help', '--version'])('%s loads the commands, and commander', (flag) =>
  withDirectory(async (directory) => {
    const { foreign, packages } = await loadedBy(directory, flag);
    expect(foreign).toEqual([]);
    expect(packages).toEqual(['commander']);
  }),
);

test('synth has no file to find but those of lib, and loads nothing that it has no use for', () =>
  withDirectory(async (directory) => {
    const { foreign, packages, sources, bytes } = await loadedBySynth(directory, 'acme');
    expect(foreign).toEqual([]);
    expect(packages).toEqual([
      'cdk8s',
      'cdk8s-plus-28',
      'commander',
      'constructs',
      'fastest-levenshtein',
      'graceful-fs',
      'ipaddr.js',
      'proper-lockfile',
      'retry',
      'signal-exit',
      'yaml',
      'zod',
    ]);
    // cdk8s has a copy of the one, and the other speaks fifty languages.
    expect(sources.filter((path) => /^node_modules\/cdk8s\/node_modules\/yaml/.test(path))).toEqual([]);
    expect(sources.filter((path) => /^node_modules\/zod\/.*\/locales\//.test(path))).toEqual([
      'node_modules/zod/v4/locales/en.js',
    ]);
    expect(bytes).toBeLessThan(1_375_000);
  }));

test('what knows how wide characters are is loaded where there are wide ones', () =>
  withDirectory(async (directory) => {
    expect((await loadedBySynth(join(directory, 'ascii'), 'acme')).packages).not.toContain('string-width');
    expect((await loadedBySynth(join(directory, 'wide'), '日本')).packages).toContain('string-width');
  }));
