import type { Analyzer } from './analyzer.ts';
import type { Change } from './change.ts';
import { isSame } from './differences.ts';
import type { KubernetesObject } from './objects.ts';
import { objectName } from './parsed-directory.ts';
import { fromTo } from './shown.ts';

/** Admission policies: those that amend the pods of catalogs, and those that limit registration Jobs. */
export const admission: Analyzer = {
  explains: (object, path) => policyOf(object) !== undefined && (path.length === 0 || path[0] === 'spec'),
  changes: ({ pairs }) => {
    const changed = pairs.filter(({ before, after }) => !isSame(before?.spec, after?.spec));
    const names = (side: 'before' | 'after') =>
      changed.flatMap((pair) => {
        const policy = policyOf(pair[side]);
        return policy === undefined ? [] : [{ policy, kind: objectName(pair[side]) }];
      });
    const [before, after] = [names('before'), names('after')];
    const policies = [...new Set([...before, ...after].map(({ policy }) => policy))].sort();
    return policies.map((policy): Change => {
      const of = (side: typeof before) => side.filter((one) => one.policy === policy).map(({ kind }) => kind);
      const [was, is] = [of(before), of(after)];
      return {
        kind: is.length === 0 ? 'admissionPolicyRemoved' : 'admissionPolicyChanged',
        what: policy,
        ...(isSame(was, is) ? {} : fromTo(was.join(', '), is.join(', '))),
      };
    });
  },
};

/** The name of the policy, which its binding and the policy of another engine have too. */
function policyOf(object: KubernetesObject | undefined): string | undefined {
  const isPolicy = /^(Mutating|Validating)(AdmissionPolicy(Binding)?|Policy)$/.test(object?.kind ?? '');
  return isPolicy ? object?.metadata.name : undefined;
}
