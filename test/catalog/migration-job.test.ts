import { expect, test } from 'vitest';
import { migrationJobName } from '../../src/catalog/migration-job.ts';

const identity = {
  image: 'quay.io/lakekeeper/catalog:v0.12.2',
  host: 'pg.example.com',
  port: 5432,
  database: 'lakekeeper_acme',
};

test('names the Job as the operator does (worked example of docs/facts/lakekeeper-crd.md §6.2)', () => {
  expect(migrationJobName('lakekeeper-acme', identity)).toBe('lakekeeper-acme-migrate-7de73ad9');
});

test.each([
  { image: 'x:v1' },
  { host: 'h' },
  { port: 1 },
  { database: 'd' },
  { user: 'u' },
  { readHost: 'r' },
])('another %j is another migration', (change) => {
  expect(migrationJobName('lakekeeper-acme', { ...identity, ...change })).not.toBe(
    'lakekeeper-acme-migrate-7de73ad9',
  );
});
