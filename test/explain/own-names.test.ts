import { expect, test } from 'vitest';
import { type OwnNames, withPlaceholders } from '../../src/explain/own-names.ts';

const acme: OwnNames = { org: 'acme', name: 'lakekeeper-acme', label: 'acme' };

test.each<[string, OwnNames, string]>([
  ['lakekeeper-acme', acme, '{name}'],
  ['http://lakekeeper-acme.lakekeeper.svc:8181', acme, 'http://{name}.lakekeeper.svc:8181'],
  ['lakekeeper_acme', acme, 'lakekeeper_{org}'],
  ['acme and acme', acme, '{org} and {org}'],
  ['acmes', acme, 'acmes'],
  ['the-acme2', acme, 'the-acme2'],
  ['lakekeeper_a_b', { org: 'a-b', name: 'lakekeeper-a-b' }, 'lakekeeper_{org}'],
  ['org=hooli-labs-ccd58c50', { org: 'hooli_labs', name: 'x', label: 'hooli-labs-ccd58c50' }, 'org={org}'],
  // An org may be called as a placeholder is.
  ['name of lakekeeper-name', { org: 'name', name: 'lakekeeper-name' }, '{org} of {name}'],
  ['platform', { org: undefined, name: 'platform' }, 'platform'],
  ['v1', { org: '', name: 'x' }, 'v1'],
])('%s', (text, names, expected) => {
  expect(withPlaceholders(text, names)).toBe(expected);
});
