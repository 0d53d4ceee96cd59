import { expect, test } from 'vitest';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import { retirementRights } from '../../src/catalog/retirement-rights.ts';
import { deriveRetiring } from '../../src/catalog/retiring-org.ts';
import { retiringManifests } from '../../src/manifests/org-manifests.ts';
import {
  catalog,
  type Manifest,
  orgObjects,
  platform,
  platformObjects,
  type SettingsOverrides,
} from '../support/fleet.ts';

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

interface PolicySpec {
  readonly matchConditions: readonly { readonly expression: string }[];
  readonly validations: readonly { readonly expression: string }[];
}

test('the policy is of the accounts that the Jobs have, and names what they may create by their rights', () => {
  const settings = platform({ kubernetesVersion: '1.30' });
  const acme = catalog('acme', settings);
  const inputs = {
    version: 1,
    policy: 'delete',
    registration: registrationInputs(acme, settings),
  } as const;
  const derived = deriveRetiring(inputs, settings, 'registration.yaml');
  if (!derived.ok) throw new Error(JSON.stringify(derived.problems));
  const retiring = [...retiringManifests(derived.retiring, settings).values()].flat() as Manifest[];
  const spec = platformObjects(settings).find(({ kind }) => kind === 'ValidatingAdmissionPolicy')?.spec as
    | PolicySpec
    | undefined;

  const suffixes = [...(spec?.matchConditions[0]?.expression.matchAll(/endsWith\("([^"]+)"\)/g) ?? [])].map(
    ([, suffix = '']) => `lakekeeper-acme${suffix}`,
  );
  const accountOf = (objects: readonly Manifest[]) =>
    objects.flatMap(({ kind, spec }) =>
      kind === 'Job'
        ? [(spec as { template: { spec: { serviceAccountName: string } } }).template.spec.serviceAccountName]
        : [],
    );
  expect([...accountOf(orgObjects(acme, settings)), ...accountOf(retiring)]).toEqual(suffixes);

  const created = retirementRights(inputs).filter(({ verbs }) => verbs.includes('create'));
  expect(created.map(({ resource }) => resource)).toEqual(['configmaps']);
  expect(spec?.validations).toContainEqual(
    expect.objectContaining({
      expression: 'variables.job != "retirement" || variables.resource == "configmaps"',
    }),
  );
});
