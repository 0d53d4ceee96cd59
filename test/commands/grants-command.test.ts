import { expect, test } from 'vitest';
import { lakekeeperGitops } from '../support/program.ts';

test('prints SQL for the role, with every name quoted', async () => {
  const { code, stdout, stderr } = await lakekeeperGitops([
    'grants',
    '--role',
    'the "job"',
    '--schema',
    'Control Plane',
    '--table',
    'w;x',
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n')).toEqual([
    'GRANT USAGE ON SCHEMA "Control Plane" TO "the ""job""";',
    expect.stringMatching(/^GRANT SELECT \(org_id, state, .*\) ON "Control Plane"\."w;x" TO "the ""job""";$/),
    expect.stringMatching(
      /^GRANT UPDATE \(iceberg_backend, .*, status_message, updated_at\) ON "Control Plane"\."w;x" TO "the ""job""";$/,
    ),
    '',
  ]);
});

test('a role is required', async () => {
  const { code, stderr } = await lakekeeperGitops(['grants']);
  expect(code).toBe(2);
  expect(stderr).toContain("required option '--role <name>' not specified");
});
