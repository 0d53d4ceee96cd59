import { expect, test } from 'vitest';
import { readDucklings } from '../../src/source/read-ducklings.ts';
import { UsageError } from '../../src/text/errors.ts';
import { withCluster } from '../support/listed-cluster.ts';

const duckling = (name: string) => ({
  kind: 'Duckling',
  metadata: { name, namespace: 'ducklings' },
  status: { dataStore: { bucketName: `lake-${name}` } },
});

test('lists the Ducklings of all namespaces, page after page, as the user of the kubeconfig', async () => {
  const seen: string[] = [];
  const ducklings = await withCluster(
    (url, { headers }) => {
      seen.push(`${headers.authorization} ${url.pathname} ${url.searchParams.get('continue') ?? ''}`.trim());
      return url.searchParams.has('continue')
        ? { status: 200, body: { items: [duckling('globex')] } }
        : { status: 200, body: { metadata: { continue: 'next' }, items: [duckling('acme')] } };
    },
    () => readDucklings('cluster'),
  );
  expect([...ducklings.values()].map(({ name, dataStore }) => [name, dataStore.bucket])).toEqual([
    ['acme', 'lake-acme'],
    ['globex', 'lake-globex'],
  ]);
  expect(seen).toEqual([
    'Bearer token-of-the-test /apis/k8s.posthog.com/v1alpha1/ducklings',
    'Bearer token-of-the-test /apis/k8s.posthog.com/v1alpha1/ducklings next',
  ]);
});

test.each([
  [401, /refused \(401\); you need the right to list ducklings\.k8s\.posthog\.com in all namespaces/],
  [403, /refused \(403\)/],
  [404, /it has no resource ducklings\.k8s\.posthog\.com\/v1alpha1/],
])('the answer %i of a cluster is a usage error', async (status, message) => {
  const refusal = withCluster(
    () => ({ status, body: { kind: 'Status', message: 'no', token: 'hunter2' } }),
    () => readDucklings('cluster'),
  );
  await expect(refusal).rejects.toThrow(UsageError);
  await expect(refusal).rejects.toThrow(message);
});

test('any other failure is transient, and the error names the cluster', async () => {
  const failure = withCluster(
    () => ({ status: 503, body: {} }),
    () => readDucklings('cluster'),
  );
  await expect(failure).rejects.toThrow(
    /^while listing ducklings\.k8s\.posthog\.com of all namespaces in http:\/\/127\.0\.0\.1:\d+$/,
  );
  await expect(failure).rejects.not.toThrow(UsageError);
});

test('no Ducklings are read without the flag', async () => {
  expect(await readDucklings(undefined)).toEqual(new Map());
});
