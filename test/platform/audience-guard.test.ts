import { expect, test } from 'vitest';
import { audienceGuard } from '../../src/platform/audience-guard.ts';
import { platform, platformObjects, type SettingsOverrides } from '../support/fleet.ts';

const guard = { workersCreatedBy: ['system:serviceaccount:duckgres:control-plane'] };
const guarded = (more: object = {}): SettingsOverrides => ({
  operator: { amendments: true },
  authentication: { mode: 'kubernetes', audienceGuard: guard, ...more },
});

test('nobody is limited without the setting', () => {
  const settings = platform({ operator: { amendments: true }, authentication: { mode: 'kubernetes' } });
  expect(audienceGuard(settings)).toBe(undefined);
  expect(platformObjects(settings).map(({ metadata }) => metadata.name)).not.toContain(
    'lakekeeper-gitops-audiences',
  );
});

test('the policy knows the templates of audiences of all settings, those of single orgs too', () => {
  const orgs = {
    acme: {
      authentication: {
        mode: 'kubernetes' as const,
        audience: 'lake.{org}.example.com',
        audienceGuard: { workersCreatedBy: ['another'] },
      },
    },
  };
  expect(audienceGuard(platform({ ...guarded(), orgs }))).toEqual({
    audiences: [
      { prefix: 'lakekeeper-', suffix: '' },
      { prefix: 'lake.', suffix: '.example.com' },
    ],
    labelKey: 'duckgres/active-org',
    namespace: '^duckgres$',
    creators: ['another', ...guard.workersCreatedBy],
  });
});

test.each<[string, SettingsOverrides, RegExp]>([
  [
    'an audience by another placeholder',
    guarded({ audience: 'lakekeeper-{name}' }),
    /authentication.audience: has not \{org\}/,
  ],
  [
    'workers without a label of their org',
    { ...guarded(), workers: { namespace: 'duckgres-{org}', podSelector: { app: 'worker' } } },
    /workers.podSelector: has no label with the value \{org\}/,
  ],
  [
    'a Kubernetes without such policies',
    {
      kubernetesVersion: '1.29',
      operator: { flavor: 'fork' },
      authentication: { mode: 'kubernetes', audienceGuard: guard },
    },
    /authentication.audienceGuard: needs Kubernetes 1.30/,
  ],
])('settings are refused with %s', (_, settings, message) => {
  expect(() => platform(settings)).toThrow(message);
});
