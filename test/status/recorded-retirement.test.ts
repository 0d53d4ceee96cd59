import { expect, test } from 'vitest';
import type { ClusterObjects } from '../../src/status/observe-cluster.ts';
import { withClusterRecord } from '../../src/status/recorded-retirement.ts';
import type { OrgStatus } from '../../src/status/verdict.ts';

const retiring: OrgStatus = {
  ...{ org: 'acme', name: 'lakekeeper-acme', namespace: 'lakekeeper', verdict: 'retiring' },
  findings: [{ verdict: 'retiring', subject: 'record', what: 'not recorded yet' }],
};
const metadata = { name: 'x', namespace: 'lakekeeper' };
const cluster = (data: Record<string, string> | undefined, resource?: object) =>
  ({
    configMaps: { value: new Map(data && [['lakekeeper/lakekeeper-acme-endpoint', { metadata, data }]]) },
    lakekeepers: { value: new Map(resource && [['lakekeeper/lakekeeper-acme', { metadata }]]) },
  }) as unknown as ClusterObjects;
const retired = { iceberg_state: 'retired' };

test('an org that leaves is retired when the ConfigMap in place of its row says so', () => {
  expect(withClusterRecord(retiring, cluster(retired)).isRetired).toBe(true);
  for (const data of [undefined, {}, { iceberg_state: 'ready' }])
    expect(withClusterRecord(retiring, cluster(data))).toBe(retiring);
  expect(withClusterRecord(retiring, { ...cluster(retired), configMaps: { unknown: 'refused' } })).toBe(
    retiring,
  );
});

test('not while its catalog exists: it came back and left again since', () => {
  const found = withClusterRecord(retiring, cluster(retired, {}));
  expect(found.isRetired).toBeUndefined();
  expect(found.findings.map(({ what }) => what)).toEqual([
    'not recorded yet',
    'the Lakekeeper resource still exists; confirm its removal in Argo CD',
  ]);
});

test('an org that Git does not have as retiring is left alone', () => {
  const begins = { ...retiring, namespace: undefined };
  expect(withClusterRecord(begins, cluster(retired))).toBe(begins);
});
