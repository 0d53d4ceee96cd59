import type { PeerLists } from '../platform/peers.ts';
import type { Platform, PodSettings } from '../platform/platform-settings.ts';
import { ducklingNames } from '../source/ducklings.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import type { Problem } from '../text/problem.ts';
import type { NamedOrg } from './catalog.ts';
import type { Expansion } from './derivation.ts';
import { deriveJobPods } from './derive-job-pods.ts';
import { derivePeers } from './derive-peers.ts';
import { orgLabel, orgSlug } from './names.ts';
import { namespaceOutsideOfProject, passwordOf } from './references.ts';
import type { RetirementInputs } from './retirement-inputs.ts';
import { retirementRights } from './retirement-rights.ts';

/** An org that leaves, as desired. Plain data: its retiring manifests are rendered from it. */
export interface RetiringOrg extends NamedOrg {
  readonly hasOwnNamespace: boolean;
  readonly inputs: RetirementInputs;
  /** As of `Catalog`. */
  readonly peers: Partial<PeerLists>;
  readonly jobPods: PodSettings | undefined;
}

export type DerivedRetirement =
  | { readonly ok: true; readonly retiring: RetiringOrg }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Derives the manifests of an org that leaves from its committed inputs and the present settings, because its row may
 * be gone.
 *
 * @param at where the inputs are, for problems.
 */
export function deriveRetiring(inputs: RetirementInputs, platform: Platform, at: string): DerivedRetirement {
  const { org, catalog, metadataStore } = inputs.registration;
  const { name, namespace } = catalog;
  const record = { org: org as OrgId, at };
  const values = {
    org: orgSlug(record.org),
    name,
    namespace,
    duckling: ducklingName(record.org, metadataStore),
  };
  const expansion: Expansion = { record, platform, values, problems: [] };
  const retiring: RetiringOrg = {
    org,
    names: { kubernetes: name, namespace, orgLabel: orgLabel(record.org) },
    hasOwnNamespace: platform.tenancy === 'namespacePerOrg',
    inputs,
    peers: derivePeers(expansion),
    jobPods: deriveJobPods(expansion),
  };
  const outside = namespaceOutsideOfProject(
    retirementRights(inputs).map((right) => right.namespace),
    platform,
  );
  if (outside !== undefined)
    expansion.problems.push({
      at,
      message:
        `needs objects in the namespace ${outside}, where Argo CD would not let its project put any; add it to ` +
        'argocd.namespaces in the platform settings',
    });
  const { problems } = expansion;
  return problems.length === 0 ? { ok: true, retiring } : { ok: false, problems };
}

/** The name in the committed reference to the Duckling; without one, the name that is derived from the org. */
function ducklingName(org: OrgId, store: RetirementInputs['registration']['metadataStore']): string {
  const password = passwordOf(store);
  if ('duckling' in password) return password.duckling.name;
  return ducklingNames({ org, ducklingName: undefined })[0] ?? '';
}
