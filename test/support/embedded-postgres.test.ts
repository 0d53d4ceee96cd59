import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { parseConnection } from '../../src/clients/postgres/connection.ts';
import { withClient } from '../../src/clients/postgres/postgres-client.ts';
import { withPostgres } from './embedded-postgres.ts';

const setting = (url: string, name: string): Promise<unknown> =>
  withClient(
    parseConnection(url, {}),
    async (client) => (await client.query(`SHOW ${name}`)).rows[0]?.[name],
  );

test('a server answers with its settings, and nothing of it is left afterwards', async () => {
  const { url, directory } = await withPostgres({ settings: { work_mem: '5MB' } }, async (server) => {
    expect(await setting(server.url, 'server_version')).toMatch(/^18\./);
    expect(await setting(server.url, 'server_encoding')).toBe('UTF8');
    expect(await setting(server.url, 'work_mem')).toBe('5MB');
    expect(
      await setting(
        `postgres://postgres:${server.password}@/postgres?host=${server.socketDirectory}&port=${server.port}`,
        'port',
      ),
    ).toBe(String(server.port));
    return { url: server.url, directory: server.socketDirectory };
  });
  expect(existsSync(directory)).toBe(false);
  await expect(setting(url, 'port')).rejects.toThrow('while connecting');
});

test('a server that cannot start says why', async () => {
  await expect(withPostgres({ settings: { shared_buffers: 'much' } }, async () => undefined)).rejects.toThrow(
    'invalid value for parameter "shared_buffers"',
  );
});

describe('a server ends with its parent', () => {
  test.each([
    // The whole group, as Ctrl-C in a terminal does, and with the signal that nobody can handle.
    ['that is killed', 'wait', (parent: ChildProcess) => process.kill(-Number(parent.pid), 'SIGKILL')],
    ['that ends without stopping it', 'end', () => true],
  ])('%s', async (_, then, end) => {
    const module = fileURLToPath(new URL('./embedded-postgres.ts', import.meta.url));
    const script = `
      const { startPostgres } = await import(${JSON.stringify(module)});
      const { socketDirectory, url } = await startPostgres();
      console.log(JSON.stringify({ socketDirectory, url }));
      if (${JSON.stringify(then)} === 'wait') setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const exited = once(parent, 'exit');
    const closed = exited.then(() => ['{"url":"the parent failed"}']);
    const [line] = await Promise.race([once(createInterface({ input: parent.stdout }), 'line'), closed]);
    const { socketDirectory, url } = JSON.parse(String(line)) as { socketDirectory: string; url: string };
    end(parent);
    await exited;
    await vi.waitFor(() => expect(existsSync(socketDirectory)).toBe(false), { timeout: 30_000 });
    await expect(setting(url, 'port')).rejects.toThrow('while connecting');
  });
});
