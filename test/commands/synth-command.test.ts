import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../support/command.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { lakekeeperGitops, startLakekeeperGitops } from '../support/program.ts';
import { git } from '../support/repository.ts';
import { anyReport } from '../support/status-report.ts';
import { readTree, withDirectory } from '../support/tree.ts';

const platform = 'examples/fleet/platform.yaml';
const fleet = 'examples/fleet/warehouses.yaml';
const synth = (...args: string[]) => runCommand(['synth', '--platform', platform, ...args]);

/** Runs synth in a directory with a source of these warehouses, each completed to one that can be rendered. */
async function synthOf(directory: string, warehouses: object[], ...args: string[]) {
  const file = join(directory, 'warehouses.json');
  const complete = {
    iceberg_enabled: true,
    metadata_store_kind: 'cnpg-shard',
    data_store_bucket_name: 'lake',
  };
  await writeFile(
    file,
    JSON.stringify({ warehouses: warehouses.map((warehouse) => ({ ...complete, ...warehouse })) }),
  );
  return synth('--warehouses', file, '--out', join(directory, 'dist'), ...args);
}

describe('--output json', () => {
  test('prints one JSON object of the documented shape, and nothing else on stdout', async () => {
    await withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      const { code, stdout, stderr } = await synth('--warehouses', fleet, '--out', out, '--output', 'json');
      expect(code).toBe(3);
      expect(stderr).toBe('');
      const result = JSON.parse(stdout);
      expect(Object.keys(result)).toEqual([
        ...['rendered', 'skipped', 'rejected', 'retiring', 'removed', 'files'],
      ]);
      expect(result.rendered).toContainEqual({
        org: 'acme',
        name: 'lakekeeper-acme',
        directory: join(out, 'orgs/lakekeeper-acme'),
        changed: true,
      });
      expect(result.skipped).toEqual([
        { org: 'vandelay', reason: 'Iceberg is not enabled (iceberg_enabled)' },
      ]);
      expect(result.rejected).toEqual([
        {
          org: 'wonka',
          problems: [
            {
              at: 'warehouses[7].metadata_store_endpoint',
              message: 'has a port in it; the port goes into metadata_store_port',
            },
            {
              at: 'warehouses[7].data_store_bucket_name',
              message: expect.stringMatching(/^is not the name of a bucket/),
            },
          ],
        },
      ]);
      expect(result.files).toEqual({
        written: Object.keys(await readTree(out)).length,
        unchanged: 0,
        removed: 0,
      });
    });
  });
});

describe('exit codes', () => {
  test('0 when all is well, 3 when an org was rejected, 1 for that with --strict', async () => {
    await withDirectory(async (directory) => {
      expect((await synthOf(directory, [{ org_id: 'acme' }])).code).toBe(0);
      expect((await synthOf(directory, [{ org_id: 'acme' }, { org_id: 7 }])).code).toBe(3);
      expect((await synthOf(directory, [{ org_id: 'acme' }, { org_id: 7 }], '--strict')).code).toBe(1);
    });
  });

  test('1 and the list of what differs with --check', async () => {
    await withDirectory(async (directory) => {
      const before = await synthOf(directory, [{ org_id: 'acme' }], '--check');
      expect(before.code).toBe(1);
      expect(before.stderr).toContain(`missing ${directory}/dist/orgs/lakekeeper-acme/catalog.yaml\n`);
      await synthOf(directory, [{ org_id: 'acme' }]);
      expect(await synthOf(directory, [{ org_id: 'acme' }], '--check')).toMatchObject({ code: 0 });
    });
  });

  test('4 when the source is suspiciously small, with the flag to use; 0 with it', async () => {
    await withDirectory(async (directory) => {
      const [a, ...others] = ['a', 'b', 'c', 'd'].map((org_id) => ({
        org_id,
        data_store_bucket_name: `lake-${org_id}`,
        metadata_store_endpoint: 'pg',
      }));
      await synthOf(directory, [{ ...a }, ...others]);
      const committed = await readTree(join(directory, 'dist'));
      const held = await synthOf(directory, [{ ...a }]);
      expect(held.code).toBe(4);
      expect(held.stderr).toMatch(
        /3 of 4 committed orgs would leave at once; nothing was changed\. .*--allow-removal/,
      );
      expect(held.stdout).toMatch(/^b +would begin to retire +.*lakekeeper-b \(retain\)$/m);
      expect(await readTree(join(directory, 'dist'))).toEqual(committed);
      expect((await synthOf(directory, [])).code).toBe(4);
      expect((await synthOf(directory, [{ ...a }], '--allow-removal')).code).toBe(0);
    });
  });

  test('4 when rows became skipped; those orgs are listed first', async () => {
    await withDirectory(async (directory) => {
      const orgs = ['a', 'b', 'c'].map((org_id) => ({ org_id, data_store_bucket_name: `lake-${org_id}` }));
      await synthOf(directory, orgs);
      const later = orgs.map((row) => (row.org_id === 'a' ? row : { ...row, iceberg_enabled: false }));
      const held = await synthOf(directory, later);
      expect(held.code).toBe(4);
      expect(held.stderr).toContain(
        '2 of 3 committed orgs would leave at once, 2 of them because their rows are skipped',
      );
      expect(held.stdout.split('\n').slice(1, 3)).toEqual([
        expect.stringMatching(/^b +would begin to retire +.*lakekeeper-b \(retain\): Iceberg is not enabled/),
        expect.stringMatching(/^c +would begin to retire +.*lakekeeper-c \(retain\): Iceberg is not enabled/),
      ]);
    });
  });

  test('0 while orgs leave: the summary says who begins to retire, who does, and whose directory is removed', () =>
    withDirectory(async (directory) => {
      const orgs = ['a', 'b', 'c'].map((org_id) => ({ org_id, data_store_bucket_name: `lake-${org_id}` }));
      const without = (state?: string) =>
        orgs.map((row) =>
          row.org_id === 'b' ? { ...row, iceberg_enabled: false, iceberg_state: state } : row,
        );
      await synthOf(directory, orgs);
      const expectRow = async (row: RegExp, counts: string, source: object[], ...args: string[]) => {
        const { code, stdout } = await synthOf(directory, source, ...args);
        expect(code).toBe(0);
        expect(stdout).toMatch(row);
        expect(stdout).toContain(counts);
      };
      await expectRow(
        /^b +begins to retire +.*lakekeeper-b \(retain\): /m,
        '1 retiring, 0 removed',
        without(),
      );
      await expectRow(/^b +retiring +.*lakekeeper-b \(retain\): /m, '1 retiring, 0 removed', without());
      const status = join(directory, 'status.json');
      await writeFile(status, JSON.stringify(anyReport(1, { name: 'lakekeeper-b', isRetired: true })));
      await expectRow(/^b +removed +/m, '0 retiring, 1 removed', without(), '--status', status);
    }));

  test('0 and a warning when the status is older than the last commit, or of the future: it removes nobody', () =>
    withDirectory(async (directory) => {
      const orgs = ['a', 'b', 'c'].map((org_id) => ({ org_id, data_store_bucket_name: `lake-${org_id}` }));
      const left = orgs.map((row) => (row.org_id === 'b' ? { ...row, iceberg_enabled: false } : row));
      await synthOf(directory, orgs);
      await synthOf(directory, left);
      git(directory, 'init', '--quiet');
      git(directory, 'add', '.');
      git(directory, 'commit', '--quiet', '--message', 'b retires again');
      const synthWith = async (at: Date) => {
        const report = anyReport(1, { name: 'lakekeeper-b', isRetired: true });
        const status = join(directory, 'status.json');
        await writeFile(status, JSON.stringify({ ...report, at: at.toISOString() }));
        return synthOf(directory, left, '--status', status);
      };
      const former = await synthWith(new Date(Date.now() - 60_000));
      expect(former).toMatchObject({ code: 0, stdout: expect.stringContaining('1 retiring, 0 removed') });
      expect(former.stderr).toMatch(/^warning: .*status\.json does not count: .* Run status again$/m);
      const future = await synthWith(new Date(Date.now() + 600_000));
      expect(future).toMatchObject({ code: 0, stdout: expect.stringContaining('1 retiring, 0 removed') });
      expect(future.stderr).toMatch(
        /^warning: .*status\.json does not count: .* in the future\. Set the clock/m,
      );
      const own = await synthWith(new Date());
      expect(own).toMatchObject({ code: 0, stdout: expect.stringContaining('0 retiring, 1 removed') });
      expect(own.stderr).not.toContain('does not count');
    }));

  test.each<[string, string[], RegExp]>([
    ['an unknown flag', ['synth', '--chek'], /Did you mean --check\?/],
    ['an unknown command', ['sinth'], /Did you mean synth\?/],
    ['a wrong output format', ['synth', '--output', 'xml'], /Allowed choices are table, json/],
    [
      'no settings',
      ['synth', '--platform', 'none.yaml', '--warehouses', fleet],
      /^error: cannot read none\.yaml: there is no such file\n$/,
    ],
    [
      'no source',
      ['synth', '--platform', platform],
      /there is no warehouses\.yaml here, and no other source/,
    ],
    [
      'a source that is not there',
      ['synth', '--platform', platform, '--warehouses', 'none.yaml'],
      /cannot read none\.yaml/,
    ],
    [
      'a source of another kind',
      ['synth', '--platform', platform, '--warehouses', 'mysql://u:hunter2@h/d'],
      /cannot read from mysql:\/\/…/,
    ],
    [
      'settings that are warehouses',
      ['synth', '--platform', fleet, '--warehouses', fleet],
      /warehouses: is not a setting/,
    ],
    [
      'an output directory that is a file',
      ['synth', '--platform', platform, '--warehouses', fleet, '--out', 'package.json'],
      /while creating package\.json: a file stands where a directory is needed/,
    ],
    [
      'the value of a variable that is not set',
      ['synth', '--platform', platform, '--warehouses', fleet, '--out', ''],
      /^error: --out is empty; expected <dir>: is a variable of the shell not set\?\n$/,
    ],
    [
      'the same with --check',
      ['synth', '--platform', platform, '--warehouses', fleet, '--out', 'package.json', '--check'],
      /while reading package\.json: a file stands where a directory is needed/,
    ],
    [
      'Ducklings that are none',
      ['synth', '--platform', platform, '--warehouses', fleet, '--ducklings', fleet],
      /is not a list of Ducklings/,
    ],
  ])('2 for %s, in one message without a stack', async (_, args, message) => {
    const { code, stdout, stderr } = await runCommand(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at |hunter2/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('2 for an output directory that is a link to nothing', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      await symlink(join(directory, 'gone/dist'), out);
      const { code, stderr } = await synth('--warehouses', fleet, '--out', out);
      expect(stderr).toContain(
        `while creating ${out}: a directory of this path is not there, or is a link to nothing. Make it, or choose`,
      );
      expect(code).toBe(2);
    }));

  test('the stack of an error is printed on request, with the lines of the source', async () => {
    const env = { LAKEKEEPER_GITOPS_DEBUG: '1' };
    const { stderr } = await lakekeeperGitops(['synth', '--platform', 'none.yaml'], { env });
    expect(stderr).toMatch(/^error: cannot read none\.yaml/);
    expect(stderr).toMatch(/\n {4}at .*\/src\/platform\/parse\.ts:\d+:\d+/);
  });

  test('1 when a database cannot be reached: trying again may help', async () => {
    const { code, stderr } = await synth(
      '--warehouses',
      'postgres://u:hunter2@127.0.0.1:1/d?sslmode=disable',
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: while connecting to 127\.0\.0\.1:1\/d as u\n {2}because: .*ECONNREFUSED/);
    expect(stderr).not.toContain('hunter2');
  });
});

test('an override for an unknown org is a warning', async () => {
  await withDirectory(async (directory) => {
    const { stderr } = await synthOf(directory, [{ org_id: 'acme' }]);
    expect(stderr).toBe('warning: the settings override org umbrella, which the source does not have\n');
  });
});

test('Ducklings of a file fill missing values; a password in them is neither written nor printed', async () => {
  await withDirectory(async (directory) => {
    const ducklings = join(directory, 'ducklings.json');
    const status = {
      metadataStore: { endpoint: 'pg.duckling.example.com', password: 'hunter2-hunter2' },
      dataStore: { bucketName: 'lake-of-duckling' },
    };
    await writeFile(
      ducklings,
      JSON.stringify({
        kind: 'List',
        items: [{ kind: 'Duckling', metadata: { name: 'acme', namespace: 'ducklings' }, status }],
      }),
    );
    const { code, stdout, stderr } = await synthOf(
      directory,
      [{ org_id: 'acme', metadata_store_kind: 'external', data_store_bucket_name: '' }],
      '--ducklings',
      ducklings,
    );
    const written = Object.values(await readTree(join(directory, 'dist'))).join('\n');
    expect(code).toBe(0);
    expect(written).toContain('host: pg.duckling.example.com');
    expect(written).toContain('"bucket": "lake-of-duckling"');
    expect(written + stdout + stderr).not.toContain('hunter2');
  });
});

test('an org id from outside cannot write to the terminal', async () => {
  await withDirectory(async (directory) => {
    const { stdout } = await synthOf(directory, [
      { org_id: '\u001b[2J\u202e', duckling_name: 'd' },
      { org_id: 'x\ny', duckling_name: 'e', metadata_store_port: 'z' },
    ]);
    expect(stdout).toContain('\\x1b[2J\\u202e');
    expect(stdout).toContain('x\\x0ay');
    expect(stdout).not.toMatch(/[\u001b\u202e]/);
  });
});

test('--help has an example and the exit codes', async () => {
  const { code, stdout } = await runCommand(['synth', '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Example:\n {2}lakekeeper-gitops synth /);
  expect(stdout).toMatch(/Exit codes: 0 done/);
});

test("--version is the package's", async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  expect(await lakekeeperGitops(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('warehouses in Postgres', () => {
  let postgres: EmbeddedPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
    const client = new pg.Client(postgres.url);
    await client.connect();
    await client.query(await readFile('examples/fleet/warehouses.sql', 'utf8'));
    await client.query(
      'CREATE SCHEMA "Other Schema"; CREATE TABLE "Other Schema"."Ware;houses" AS SELECT * FROM ' +
        'duckgres_managed_warehouses',
    );
    await client.query('CREATE TABLE narrow (org_id text)');
    await client.end();
  });
  afterAll(() => postgres.stop());

  test('are found by PG* variables alone', async () => {
    const { host, port, user, password, database } = postgres;
    const env = {
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: password,
      PGDATABASE: database,
    };
    expect(await lakekeeperGitops(['synth', '--platform', platform, '--check'], { env })).toMatchObject({
      code: 3,
      stderr: '',
    });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'that are locked are waited for until %s ends the run',
    async (signal) => {
      const locking = new pg.Client(postgres.url);
      const watching = new pg.Client(postgres.url);
      await Promise.all([locking.connect(), watching.connect()]);
      const waiting = async () =>
        (
          await watching.query(
            `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'lakekeeper-gitops'`,
          )
        ).rowCount;
      try {
        await locking.query('BEGIN; LOCK TABLE duckgres_managed_warehouses IN ACCESS EXCLUSIVE MODE');
        await withDirectory(async (directory) => {
          const out = join(directory, 'dist');
          const args = ['synth', '--platform', platform, '--warehouses', postgres.url, '--out', out];
          const { child, ended } = startLakekeeperGitops(args);
          await vi.waitFor(async () => expect(await waiting()).toBe(1), 20_000);
          child.kill(signal);
          expect(await ended).toMatchObject({ code: null, stdout: '', stderr: '' });
          expect(child.signalCode).toBe(signal);
          expect(await readdir(out)).toEqual([]);
        });
      } finally {
        await Promise.all([locking.end(), watching.end()]);
      }
    },
  );

  test('may be in another schema and table', async () => {
    const { code } = await synth(
      '--warehouses',
      postgres.url,
      '--schema',
      'Other Schema',
      '--table',
      'Ware;houses',
      '--check',
    );
    expect(code).toBe(3);
  });

  test('a missing table, or missing columns, are one clear error', async () => {
    const missing = await synth('--warehouses', postgres.url, '--table', 'nowhere');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/public\.nowhere/);
    const narrow = await synth('--warehouses', postgres.url, '--table', 'narrow');
    expect(narrow.code).toBe(2);
    expect(narrow.stderr).toMatch(/iceberg_enabled/);
    expect(narrow.stderr).toMatch(/data_store_region/);
    for (const { stderr } of [missing, narrow]) expect(stderr).not.toContain(postgres.password);
  });
});
