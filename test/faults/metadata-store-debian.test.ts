import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { expectRegistered, startFaultScene } from '../support/fault-scene.ts';
import { type LoggedPostgres, startLoggedPostgres } from '../support/logged-postgres.ts';
import { describeMetadataStore } from '../support/metadata-store-suite.ts';
import { operate, say } from '../support/operate.ts';
import { runInProcess } from '../support/run-in-process.ts';

const native = '/usr/lib/postgresql/15';
const isHere = existsSync(`${native}/bin/initdb`);

describeMetadataStore(15, { from: 'Debian', native: isHere ? native : undefined });

const sceneOf = ({ port, url }: LoggedPostgres) => ({
  url,
  host: '127.0.0.1',
  port,
  user: 'postgres',
  password: 'admin',
  database: 'postgres',
});

async function connect(server: LoggedPostgres, user: string, password: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.urlOf(user, password, 'lakekeeper_acme') });
  await client.connect();
  return client;
}

/** The commands of docs/moves.md, of the block that begins with the first text, word by word. */
async function commandsOf(beginning: string): Promise<string> {
  const blocks = (await readFile('docs/moves.md', 'utf8')).matchAll(/^ *```bash\n(.*?)^ *```$/gms);
  const found = [...blocks].map(([, block = '']) => block).find((block) => block.includes(beginning));
  if (found === undefined) throw new Error(`docs/moves.md has no commands with ${beginning}`);
  return found;
}

test.skipIf(!isHere && !process.env.CI)(
  'the recipe for a new host keeps the rows and the key, and registration needs no new warehouse there',
  async () => {
    const [old, wanted] = [await startLoggedPostgres(native), await startLoggedPostgres(native)];
    const fault = await startFaultScene(sceneOf(old));
    try {
      const { scene, inputs } = fault;
      expect((await runInProcess(fault)).result).toBe('registered');
      const secret = scene.orgSecret() ?? {};
      const { 'db-user': user = '', 'db-password': password = '' } = secret;
      const inside = await scene.connect(user, password, 'lakekeeper_acme');
      await inside.query("INSERT INTO tabular VALUES ('00000000-0000-0000-0000-000000000001')");
      const row = await fault.row();

      const onNewHost = {
        ...fault,
        inputs: { ...inputs, metadataStore: { ...inputs.metadataStore, port: wanted.port } },
      };
      const prepared = await runInProcess(onNewHost, { until: 'credentials' });
      expect(prepared.actions.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['createRole', 'createDatabase']),
      );
      expect(scene.orgSecret()).toEqual(secret);
      expect(await fault.row()).toEqual(row);

      const passwords = fault.file('pgpass');
      await writeFile(passwords, `*:*:*:${user}:${password}\n`, { mode: 0o600 });
      const databaseOn = (port: number) => `postgres://${user}@127.0.0.1:${port}/lakekeeper_acme`;
      const run = (commands: string) => {
        const env = {
          PATH: `${join(native, 'bin')}:${process.env.PATH}`,
          PGPASSFILE: passwords,
          OLD: databaseOn(old.port),
          NEW: databaseOn(wanted.port),
        };
        const ended = spawnSync('bash', ['-ec', commands], {
          cwd: dirname(passwords),
          env,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        expect(ended.stderr).toBe('');
        expect(ended.status).toBe(0);
      };
      const ended = new Promise((resolve) => inside.on('error', resolve));
      run(await commandsOf('pg_dump'));
      await ended;
      const write = async () => {
        const client = await scene.connect(user, password, 'lakekeeper_acme');
        try {
          await client.query("INSERT INTO tabular VALUES ('00000000-0000-0000-0000-000000000002')");
        } finally {
          await client.end();
        }
      };
      await expect(write()).rejects.toThrow('read-only transaction');
      // In this time, repair has nothing to do.
      expect(await runInProcess(fault)).toMatchObject({ result: 'unchanged', actions: [] });

      // What the operator does once the resource has the new host.
      say(scene.catalog, []);
      await operate({ ...scene.catalog, connect: (login, given) => connect(wanted, login, given) });
      const moved = {
        ...onNewHost,
        inputs: {
          ...onNewHost.inputs,
          lakekeeperWarehouse: { ...inputs.lakekeeperWarehouse, mustExist: true as const },
        },
      };
      const registered = await runInProcess(moved);
      expect(registered.result, registered.detail).toBe('unchanged');
      expect(registered.actions).toEqual([]);
      const onNew = await connect(wanted, user, password);
      expect((await onNew.query('SELECT count(*)::int FROM tabular')).rows).toEqual([{ count: 1 }]);
      await onNew.end();
      expect(scene.orgSecret()).toEqual(secret);
      expect(await fault.row()).toEqual(row);

      const readOnly = await scene.connect(user, password, 'lakekeeper_acme');
      const isEnded = new Promise((resolve) => readOnly.on('error', resolve));
      run(await commandsOf('RESET'));
      await isEnded;
      await write();
      await expectRegistered(fault);
    } finally {
      await fault[Symbol.asyncDispose]();
      await Promise.all([old.stop(), wanted.stop()]);
    }
  },
);
