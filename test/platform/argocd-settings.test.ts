import { describe, expect, test } from 'vitest';
import { platform, type Settings } from '../support/fleet.ts';
import { refused } from '../support/refused-settings.ts';

describe('argocd.repoURL', () => {
  test.each([
    'https://github.com/acme/catalogs.git',
    'https://git.example.com:8443/~team/catalogs',
    'git@github.com:acme/catalogs.git',
    'ssh://git@git.example.com:2222/acme/catalogs.git',
    'https://acme@dev.azure.com/acme/My%20Project/_git/catalogs',
  ])('may be %s', (repoURL) => {
    expect(platform({ argocd: { repoURL } }).argocd).toMatchObject({
      repoURL,
      branch: 'main',
      path: 'dist',
      namespace: 'argocd',
    });
  });

  test.each([
    'https://user:hunter2@github.com/acme/catalogs.git',
    'https://ghp_hunter2@github.com/acme/catalogs.git',
    'https://glpat-hunter2@gitlab.com/acme/catalogs.git',
    'https://hunter2@@github.com/acme/catalogs.git',
    'https://github.com/acme/100%/hunter2.git',
    'http://github.com/acme/catalogs.git',
    'file:///srv/catalogs.git',
    'github.com/acme/catalogs',
    'https://github.com/acme/catalogs.git?token=hunter2',
    'https://github.com/{{.x}}/catalogs.git',
  ])('%s is refused, and not repeated', (repoURL) => {
    const lines = refused({ argocd: { repoURL } });
    expect(lines.join()).toMatch(/argocd\.repoURL: is not the address of a Git repository/);
    expect(lines.join()).not.toContain('hunter2');
  });

  test.each<[Partial<Settings['argocd']>, RegExp]>([
    [{ branch: '../main' }, /argocd\.branch: is not the name of a branch/],
    [{ branch: '{{x}}' }, /argocd\.branch/],
    [{ path: '../dist' }, /argocd\.path: is not a path inside the repository/],
    [{ path: '/dist' }, /argocd\.path/],
    [{ cluster: 'ftp://10.0.0.1' }, /argocd\.cluster: /],
    [{ cluster: 'a b' }, /argocd\.cluster: /],
    [{ cluster: 'https://user:pw@10.0.0.1' }, /argocd/],
    [{ shards: 1 }, /argocd\.shards/],
    [{ shards: 1000 }, /argocd\.shards/],
  ])('%j is refused', (argocd, message) => {
    expect(
      refused({ argocd: { repoURL: 'https://github.com/acme/catalogs.git', ...argocd } }).join(),
    ).toMatch(message);
  });
});

test("the catalogs are not put into Argo CD's namespace: their default deny would cut it off", () => {
  const argocd = { repoURL: 'https://github.com/acme/catalogs.git' };
  expect(refused({ namespace: 'argocd', argocd }).join()).toMatch(
    /namespace: is argocd, where other pods run/,
  );
});
