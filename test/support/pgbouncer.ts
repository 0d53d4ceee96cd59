import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedPostgres } from './embedded-postgres.ts';
import { freePort } from './listen.ts';
import { unprivilegedUser } from './postgres-binaries.ts';

const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find(existsSync);

/** Not in CI: there, what needs it fails. */
export const isPgBouncerAbsent = program === undefined && !process.env.CI;

/** Lends a PgBouncer, in one of its modes, in front of a server. @param work is given its port. */
export async function withPgBouncer(
  server: Pick<EmbeddedPostgres, 'port' | 'password'>,
  mode: string,
  work: (port: number) => Promise<void>,
): Promise<void> {
  if (program === undefined) throw new Error('there is no pgbouncer on this machine; CI needs it');
  const runAs = unprivilegedUser();
  const directory = mkdtempSync('/tmp/pgbouncer-');
  const port = await freePort();
  const files = {
    users: `"postgres" "${server.password}"\n`,
    ini: `[databases]
* = host=127.0.0.1 port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(directory, 'users')}
auth_user = postgres
pool_mode = ${mode}
`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  if (runAs.uid !== undefined && runAs.gid !== undefined)
    execFileSync('chown', ['-R', `${runAs.uid}:${runAs.gid}`, directory]);
  const pooler = spawn(program, [join(directory, 'ini')], { ...runAs, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(pooler, 'exit');
  try {
    for await (const chunk of pooler.stderr.iterator({ destroyOnReturn: false }))
      if (String(chunk).includes('process up')) break;
    pooler.stderr.resume();
    await work(port);
  } finally {
    pooler.kill('SIGKILL');
    await exited;
    rmSync(directory, { recursive: true });
  }
}
