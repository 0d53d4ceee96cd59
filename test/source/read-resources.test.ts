import { expect, test } from 'vitest';
import type { RawRecord } from '../../src/mapping/raw-record.ts';
import type { ListedKind } from '../../src/mapping/resource-record.ts';
import { sourceMapping } from '../../src/mapping/source-mapping.ts';
import { openSource } from '../../src/source/open.ts';
import { UsageError } from '../../src/text/errors.ts';
import { withCluster } from '../support/listed-cluster.ts';

const kind: ListedKind = { group: 'example.org', version: 'v1beta1', plural: 'tenants' };
const mapping = sourceMapping({
  org: 'metadata.name',
  icebergEnabled: 'spec.lake.enabled',
  dataStoreBucket: 'status.bucket',
});
const tenant = (name: string, status: object = { bucket: `lake-${name}` }) => ({
  metadata: { name, namespace: 'tenants' },
  spec: { lake: { enabled: true } },
  status,
});

async function read(resource: ListedKind): Promise<RawRecord[]> {
  const found: RawRecord[] = [];
  const source = { schema: 'public', table: 'x', mapping, resource };
  for await (const one of await openSource(source, { PGHOST: '127.0.0.1' })) found.push(one);
  return found;
}

test('the resources of the settings are the source, page after page, before the PG* variables', async () => {
  const seen: string[] = [];
  const records = await withCluster(
    (url) => {
      seen.push(url.pathname + url.search);
      return url.searchParams.has('continue')
        ? { status: 200, body: { items: [tenant('globex')] } }
        : { status: 200, body: { metadata: { continue: 'next' }, items: [tenant('acme')] } };
    },
    () => read({ ...kind, namespace: 'tenants', labelSelector: 'tier in (paid)' }),
  );
  expect(records).toMatchObject([
    {
      at: 'tenants[tenants/acme]',
      columns: { org_id: 'acme', iceberg_enabled: true, state: 'ready', data_store_bucket_name: 'lake-acme' },
      names: { data_store_bucket_name: 'status.bucket' },
      resource: { namespace: 'tenants', name: 'acme' },
    },
    { columns: { org_id: 'globex' } },
  ]);
  const path = '/apis/example.org/v1beta1/namespaces/tenants/tenants?';
  expect(seen).toEqual([
    expect.stringContaining(`${path}`),
    expect.stringMatching(/continue=next.*limit=500|limit=500.*continue=next/),
  ]);
  expect(seen[0]).toMatch(/labelSelector=tier(%20|\+)in(%20|\+)(%28|\()paid/);
});

test('a list whose pages have expired begins again, and has each resource once', async () => {
  let expired = false;
  const records = await withCluster(
    (url) => {
      if (!url.searchParams.has('continue'))
        return { status: 200, body: { metadata: { continue: 'next' }, items: [tenant('acme')] } };
      if (expired) return { status: 200, body: { items: [tenant('globex')] } };
      expired = true;
      return { status: 410, body: { kind: 'Status', reason: 'Expired' } };
    },
    () => read(kind),
  );
  expect(records.map(({ at }) => at)).toEqual(['tenants[tenants/acme]', 'tenants[tenants/globex]']);
});

test.each([
  [403, /refused \(403\); you need the right to list tenants\.example\.org in namespace tenants$/],
  [
    404,
    /it has no resource tenants\.example\.org\/v1beta1; .*: kubectl api-resources --api-group example\.org$/,
  ],
  [400, /it does not accept the label selector "tier==" \(400\)$/],
])('the answer %i is a usage error that says what to do', async (status, message) => {
  const refusal = withCluster(
    () => ({ status, body: { kind: 'Status', message: 'no' } }),
    () => read({ ...kind, namespace: 'tenants', labelSelector: 'tier==' }),
  );
  await expect(refusal).rejects.toThrow(UsageError);
  await expect(refusal).rejects.toThrow(/^while listing tenants\.example\.org of namespace tenants in http/);
  await expect(refusal).rejects.toThrow(message);
});

test('a required path that no resource has is an error, with the paths there are', async () => {
  const items = [{ metadata: { name: 'acme' }, spec: { lake: { enable: true } } }];
  const refusal = withCluster(
    () => ({ status: 200, body: { items } }),
    () => read(kind),
  );
  await expect(refusal).rejects.toThrow(
    /^source\.mapping does not fit tenants\.example\.org, .* spec\.lake\.enable:\n/,
  );
  await expect(refusal).rejects.toThrow(/no column spec\.lake\.enabled; did you mean spec\.lake\.enable\?/);
});
