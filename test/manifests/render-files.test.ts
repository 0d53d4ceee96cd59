import { describe, expect, test } from 'vitest';
import { orgManifests, platformManifests } from '../../src/manifests/org-manifests.ts';
import { renderOrg, renderPlatform } from '../../src/manifests/render-files.ts';
import { header } from '../../src/tree/header.ts';
import { hostileIds } from '../support/arbitrary.ts';
import { catalog, objectsIn, platform } from '../support/fleet.ts';
import { unseenLines } from '../support/unseen-lines.ts';

describe('files', () => {
  const settings = platform({ operator: { amendments: true } });

  test('begin with the line that says who made them, and hold the objects that were made', () => {
    const desired = catalog('acme', settings);
    const files = [...renderOrg(desired, settings), ...renderPlatform(settings)];
    const made = [...orgManifests(desired, settings).values(), ...platformManifests(settings).values()];
    expect(files.map(objectsIn)).toEqual(made);
    for (const file of files) expect(file.text.split('\n')[0]).toBe(header);
  });

  test('are the same every time', () => {
    const desired = catalog('acme', settings);
    expect(renderOrg(desired, settings)).toEqual(
      renderOrg(structuredClone(desired), structuredClone(settings)),
    );
    expect(renderPlatform(settings)).toEqual(renderPlatform(structuredClone(settings)));
  });

  test('are not there when nothing would be in them', () => {
    const paths = renderPlatform(platform({ tenancy: 'namespacePerOrg' })).map(({ path }) => path);
    expect(paths).toEqual([]);
  });

  test.each(hostileIds.map((id) => [JSON.stringify(id), id]))(
    'of the org %s stay in its directory, as they were made',
    (_, org) => {
      const desired = catalog(org, settings);
      const files = renderOrg(desired, settings);
      for (const { path, text } of files) {
        expect(path).toMatch(/^orgs\/lakekeeper-[a-z0-9-]+\/[a-z-]+\.yaml$/);
        expect(unseenLines(text)).toEqual([]);
      }
      expect(files.map(objectsIn)).toEqual([...orgManifests(desired, settings).values()]);
    },
  );
});
