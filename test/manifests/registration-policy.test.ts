import { expect, test } from 'vitest';
import { type Manifest, platform, platformObjects, type SettingsOverrides } from '../support/fleet.ts';

const policies = (overrides: SettingsOverrides): string[] =>
  platformObjects(platform(overrides))
    .filter(({ kind }: Manifest) => kind.startsWith('ValidatingAdmissionPolicy'))
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const both = [
  'ValidatingAdmissionPolicy lakekeeper-gitops-registration',
  'ValidatingAdmissionPolicyBinding lakekeeper-gitops-registration',
];

test.each<[string, SettingsOverrides, string[]]>([
  ['where nothing says that Kubernetes has the kind', {}, []],
  ['with amendments, which need a newer Kubernetes', { operator: { amendments: true } }, both],
  ['with a version of Kubernetes that has it', { kubernetesVersion: '1.30' }, both],
  ['with one that has it not', { kubernetesVersion: '1.29' }, []],
  ['where it is asked for', { registration: { admissionPolicy: true } }, both],
  [
    'where it is not wanted',
    { operator: { amendments: true }, registration: { admissionPolicy: false } },
    [],
  ],
])('%s, the policy is rendered or not', (_, overrides, expected) => {
  expect(policies(overrides)).toEqual(expected);
});
