import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { baseSettings } from '../support/fleet.ts';
import { lakekeeperGitops } from '../support/program.ts';
import { withDirectory } from '../support/tree.ts';

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

describe('of orgs that are resources', () => {
  const source = {
    resource: { apiVersion: 'example.org/v1', plural: 'tenants', namespace: 'tenants' },
    mapping: { org: 'metadata.name', icebergEnabled: { constant: true } },
  };
  const grants = (settings: object) =>
    withDirectory(async (directory) => {
      await writeFile(join(directory, 'platform.yaml'), JSON.stringify({ ...baseSettings, ...settings }));
      const { stdout, stderr } = await lakekeeperGitops(['grants', '--role', 'reader'], { cwd: directory });
      expect(stderr).toBe('');
      return stdout;
    });

  test('prints the Role to list them, and what the Job of an org may do with its own', async () => {
    const printed = await grants({ source, registration: { record: { resource: { status: 'catalog' } } } });
    expect(parse(printed)).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader', namespace: 'tenants' },
      rules: [{ apiGroups: ['example.org'], resources: ['tenants'], verbs: ['list'] }],
    });
    expect(printed.match(/^# {3}- .*$/gm)).toEqual([
      '#   - {"apiGroups":["example.org"],"resources":["tenants"],"verbs":["get"],"resourceNames":["<its resource>"]}',
      '#   - {"apiGroups":["example.org"],"resources":["tenants/status"],"verbs":["patch"],' +
        '"resourceNames":["<its resource>"]}',
    ]);
  });

  test('prints the SQL of a table too, where that has the record', async () => {
    const record = { table: { url: { name: 'database', key: 'url' }, sameDatabase: false } };
    const { namespace: _, ...everywhere } = source.resource;
    const printed = await grants({ source: { ...source, resource: everywhere }, registration: { record } });
    expect(printed).toMatch(/^kind: ClusterRole$/m);
    expect(printed).toMatch(/^CREATE TABLE IF NOT EXISTS "public"\."lakekeeper_catalogs"/m);
  });
});

test('a role is required', async () => {
  const { code, stderr } = await lakekeeperGitops(['grants']);
  expect(code).toBe(2);
  expect(stderr).toContain("required option '--role <name>' not specified");
});
