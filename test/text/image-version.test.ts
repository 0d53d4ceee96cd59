import { expect, test } from 'vitest';
import { compareVersions, imageVersion } from '../../src/text/image-version.ts';

test('reads the version in the tag of an image, with or without v, registry port or digest', () => {
  const release = { major: 0, minor: 12, patch: 2, suffix: '' };
  for (const reference of [
    'quay.io/lakekeeper/catalog:v0.12.2',
    'catalog:0.12.2',
    'localhost:5000/catalog:v0.12.2@sha256:abc',
  ])
    expect(imageVersion(reference)).toEqual(release);
});

test('a pre-release and a variant keep what follows the numbers', () => {
  expect(imageVersion('catalog:v0.13.0-rc.1')).toEqual({ major: 0, minor: 13, patch: 0, suffix: '-rc.1' });
  expect(imageVersion('catalog:v0.13.0-patched@sha256:abc')?.suffix).toBe('-patched');
});

test('a tag that is not a version, and a reference without a tag, have none', () => {
  for (const reference of [
    'catalog:main',
    'catalog@sha256:abc',
    'host:5000/catalog',
    'catalog:latest-main',
    'catalog:v0.12',
    'catalog:v1.2.3.4',
    'host:1.2.3/catalog',
  ])
    expect(imageVersion(reference)).toBeUndefined();
});

test('compares numbers, not texts', () => {
  const [older, newer] = [imageVersion('catalog:v0.9.10'), imageVersion('catalog:v0.10.2')];
  if (older === undefined || newer === undefined) throw new Error('expected versions');
  expect(compareVersions(older, newer)).toBeLessThan(0);
  expect(compareVersions(newer, older)).toBeGreaterThan(0);
  expect(compareVersions(newer, { major: 0, minor: 10 })).toBeGreaterThan(0);
  expect(compareVersions(newer, { major: 0, minor: 10, patch: 2 })).toBe(0);
});
