import { describe, expect, test } from 'vitest';
import { ignoredSettings } from '../../src/platform/ignored-settings.ts';
import { baseSettings, type SettingsOverrides, systemIdentity } from '../support/fleet.ts';
import { refused, refusedFields } from '../support/refused-settings.ts';

describe('a setting that the server would not read is refused, and says what to do', () => {
  test.each(ignoredSettings.map(({ path }) => path))('catalog.%s', (path) => {
    const [section = '', field] = path.split('.');
    const catalog = { ...baseSettings.catalog, [section]: field === undefined ? { any: 1 } : { [field]: 1 } };
    const [line] = refused({ catalog });
    expect(line).toMatch(
      /^catalog\.[A-Za-z.]+: is not rendered, because it would not work: .+; .*(set|leave|give)/,
    );
  });

  // Incident 22: the flag was written one level too high, and pruned silently.
  test("also the switches for the pods' AWS identity, at whatever level", () => {
    expect(
      refused({
        catalog: { ...baseSettings.catalog, server: { storageSystemCredentials: { enableAWS: true } } },
      })[0],
    ).toMatch(/systemIdentity/);
    expect(
      refused({ catalog: { ...baseSettings.catalog, storageSystemCredentials: { enableAWS: true } } }),
    ).toHaveLength(1);
  });

  test.each<[string, SettingsOverrides, RegExp]>([
    [
      'Kubernetes authentication under the upstream operator',
      { authentication: { mode: 'kubernetes' } },
      /^authentication: mode kubernetes would leave the catalogs open: .*operator\.amendments: true, or use mode openID/,
    ],
    [
      'the same for one org',
      { orgs: { acme: { authentication: { mode: 'kubernetes' } } } },
      /^orgs\.acme\.authentication: mode kubernetes would leave/,
    ],
    [
      'AWS identity under the upstream operator',
      { dataStores: systemIdentity },
      /^dataStores\.s3bucket\.credential: type systemIdentity would not work/,
    ],
    [
      'an identity that pods of a shared namespace cannot have',
      { identity: { provider: 'eksPodIdentity' } },
      /^identity: would not reach the catalogs/,
    ],
    [
      "an issuer with the cluster's own CA",
      {
        authentication: { mode: 'openID', issuer: 'cluster', providerURI: 'https://kubernetes.default.svc' },
      },
      /^authentication\.providerURI: is served with the cluster's own CA/,
    ],
    [
      'variables for pods without amendments',
      { catalog: { environment: { RUST_LOG: 'debug' } } },
      /^catalog\.environment\.RUST_LOG: would not reach the pods/,
    ],
    [
      'variables that the operator sets itself',
      { operator: { amendments: true }, catalog: { environment: { LAKEKEEPER__BASE_URI: 'x' } } },
      /is set by the operator from the custom resource/,
    ],
    [
      'variables that follow from other settings',
      {
        operator: { amendments: true },
        catalog: { environment: { LAKEKEEPER__ENABLE_AWS_SYSTEM_CREDENTIALS: 'true' } },
      },
      /follows from authentication and dataStores/,
    ],
    [
      'variables that are credentials',
      { operator: { amendments: true }, catalog: { environment: { LAKEKEEPER__KV2__PASSWORD: 'hunter2' } } },
      /has the name of a credential/,
    ],
    [
      'a metrics port that v0.11 does not read',
      { catalog: { image: 'quay.io/lakekeeper/catalog:v0.11.6', server: { metricsPort: 9100 } } },
      /^catalog\.server\.metricsPort: is not read by/,
    ],
    [
      'a request time that v0.11 does not read',
      { catalog: { image: 'quay.io/lakekeeper/catalog:v0.11.6', maxRequestTime: '30s' } },
      /^catalog\.maxRequestTime: is not read by/,
    ],
    [
      'a request time that crashes the server',
      { catalog: { maxRequestTime: '5m' } },
      /the server crashes on minutes and hours/,
    ],
    [
      'amendments beside the fork',
      { operator: { flavor: 'fork', amendments: true } },
      /^operator\.amendments: is for the upstream operator/,
    ],
    [
      'an OpenID provider that no policy admits',
      {
        authentication: { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' },
        network: { openID: undefined },
      },
      /^network\.openID: is missing; authentication needs to reach https:\/\/oidc\.example\.com/,
    ],
  ])('%s', (_, overrides, message) => {
    const catalog = { ...baseSettings.catalog, ...overrides.catalog };
    const lines = refusedFields({ ...overrides, ...(overrides.catalog ? { catalog } : {}) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(message);
    expect(lines[0]).not.toContain('hunter2');
  });

  test.each<[string, SettingsOverrides]>([
    [
      'Kubernetes authentication with amendments',
      { operator: { amendments: true }, authentication: { mode: 'kubernetes' } },
    ],
    [
      'Kubernetes authentication with the fork',
      { operator: { flavor: 'fork' }, authentication: { mode: 'kubernetes' } },
    ],
    ['AWS identity with amendments', { operator: { amendments: true }, dataStores: systemIdentity }],
    ['an identity in a namespace per org', { tenancy: 'namespacePerOrg', identity: { provider: 'irsa' } }],
    [
      'variables with amendments',
      {
        operator: { amendments: true },
        catalog: { ...baseSettings.catalog, environment: { LAKEKEEPER__PAGINATION_SIZE_DEFAULT: '100' } },
      },
    ],
  ])('but not %s', (_, overrides) => {
    expect(refusedFields(overrides)).toEqual([]);
  });
});
