import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSource } from '../../src/source/open.ts';
import { UsageError } from '../../src/text/errors.ts';
import { withDirectory } from '../support/tree.ts';

const where = { schema: 'public', table: 'duckgres_managed_warehouses' };
/** What was opened: the ids of a file, or the database that the first read goes to. */
async function opened(warehouses: string | undefined, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const source = await openSource({ ...where, warehouses }, env);
  return source[Symbol.asyncIterator]()
    .next()
    .then(
      ({ value }) => (value.columns as { org_id: string }).org_id,
      (error: Error) => error.message,
    );
}
/** Lends a way to write files with one warehouse each, whose id is the file's name. */
const inDirectory = (work: (file: (name: string) => Promise<string>) => Promise<void>) =>
  withDirectory((directory) =>
    work(async (name) => {
      const path = join(directory, `${name}.yaml`);
      await writeFile(path, `warehouses: [{ org_id: ${name} }]`);
      return path;
    }),
  );

test('the flag comes before the environment', async () => {
  await inDirectory(async (file) => {
    expect(
      await opened(await file('named'), {
        LAKEKEEPER_GITOPS_WAREHOUSES: await file('other'),
        PGHOST: '127.0.0.1',
      }),
    ).toBe('named');
  });
});

test('LAKEKEEPER_GITOPS_WAREHOUSES comes before the PG* variables', async () => {
  await inDirectory(async (file) => {
    expect(
      await opened(undefined, { LAKEKEEPER_GITOPS_WAREHOUSES: await file('other'), PGHOST: '127.0.0.1' }),
    ).toBe('other');
  });
});

test.each([
  [
    { PGHOST: '127.0.0.1', PGPORT: '1', PGUSER: 'u', PGDATABASE: 'd' },
    'while connecting to 127.0.0.1:1/d as u',
  ],
  [{ PGDATABASE: 'd', PGPORT: '1', PGUSER: 'u' }, 'while connecting to localhost:1/d as u'],
  [
    { LAKEKEEPER_GITOPS_WAREHOUSES: '', PGHOST: '127.0.0.1', PGDATABASE: 'd', PGPORT: '1', PGUSER: 'u' },
    'while connecting to 127.0.0.1:1/d as u',
  ],
  [{ LAKEKEEPER_GITOPS_WAREHOUSES: 'postgres://u@127.0.0.1:1/d' }, 'while connecting to 127.0.0.1:1/d as u'],
  [
    { LAKEKEEPER_GITOPS_WAREHOUSES: ' postgres://u@127.0.0.1:1/d\n' },
    'while connecting to 127.0.0.1:1/d as u',
  ],
  [
    { LAKEKEEPER_GITOPS_WAREHOUSES: 'PostgreSQL://u@127.0.0.1:1/d' },
    'while connecting to 127.0.0.1:1/d as u',
  ],
])('%j is a database', async (env, attempt) => {
  expect(await opened(undefined, { HOME: '/nowhere', PGSSLMODE: 'disable', ...env })).toBe(attempt);
});

test.each([
  ['mysql://u:hunter2@h/d', /cannot read from mysql:\/\/…; expected the path of a file, or a URL/],
  ['https://example.com/warehouses.yaml', /cannot read from https:\/\/…/],
  [
    'host=db user=app password=hunter2',
    /is a list of key=value; write it as postgres:\/\/user:password@host/,
  ],
  [
    'jdbc:postgresql://db/ctl?user=app&password=hunter2',
    /there is no such file; expected the path of a file/,
  ],
  ['"postgres://app:hunter2@db/ctl"', /begins with a quote; .* without quotes around it/],
  ['//app:hunter2@db/ctl', /there is no such file/],
  ['app:hunter2@tcp(db:5432)/ctl', /there is no such file/],
])('%s is no source, and the error does not repeat it', async (named, message) => {
  const refusal = openSource({ ...where, warehouses: named }, {});
  await expect(refusal).rejects.toThrow(UsageError);
  await expect(refusal).rejects.toThrow(message);
  await expect(refusal).rejects.not.toThrow(/hunter2/);
});

test('any other text is the path of a file', async () => {
  await inDirectory(async (file) => {
    expect(await opened(await file('env=prod@eu'))).toBe('env=prod@eu');
  });
});

test('without a source, the error names all of them', async () => {
  await expect(openSource({ ...where, warehouses: undefined }, { PGHOST: '' })).rejects.toThrow(
    /there is no warehouses\.yaml here.*--warehouses.*LAKEKEEPER_GITOPS_WAREHOUSES or PGHOST/,
  );
});
