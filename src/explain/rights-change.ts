import type { Analyzer } from './analyzer.ts';
import type { Change } from './change.ts';
import { canonical } from './differences.ts';
import { migrationJobOf } from './migration-change.ts';
import { at, identityOf, type KubernetesObject, mapping } from './objects.ts';
import { type Side, withoutEffect } from './parsed-directory.ts';

const group = 'rbac.authorization.k8s.io';

/** The rights of accounts in the cluster, from roles and their bindings. */
export const rights: Analyzer = {
  explains: (object, path) =>
    isRbac(object) && (path.length === 0 || ['rules', 'roleRef', 'subjects'].includes(path[0] ?? '')),
  changes: ({ before, after, pairs, catalog }) => {
    // A rule has the name of the migration Job, which follows from the image. That change is reported already.
    const jobs = [migrationJobOf(catalog.before), migrationJobOf(catalog.after)] as const;
    const changed = pairs.filter(
      ({ before: old, after: wanted }) =>
        isRbac(old ?? wanted) && content(old, jobs[0]) !== content(wanted, jobs[1]),
    );
    if (changed.length === 0) return [];
    const [was, is] = [grants(before, jobs[0]), grants(after, jobs[1])];
    const changes: Change[] = [
      ...inWords(is, was).map((what): Change => ({ kind: 'rightsGained', what })),
      ...inWords(was, is).map((what): Change => ({ kind: 'rightsLost', what })),
    ];
    return changes.length > 0 ? changes : changed.map(withoutEffect);
  },
};

function isRbac(object: KubernetesObject | undefined): boolean {
  return object?.apiVersion.startsWith(`${group}/`) ?? false;
}

function content(object: KubernetesObject | undefined, migrationJob: string | undefined): string {
  const text = canonical(
    object && { rules: object.rules, roleRef: object.roleRef, subjects: object.subjects },
  );
  return migrationJob === undefined ? text : text.replaceAll(JSON.stringify(migrationJob), '""');
}

/** One right: a subject, a verb and an object. */
interface Grant {
  readonly who: string;
  readonly verb: string;
  readonly object: string;
}

function grants({ mentioning }: Side, migrationJob: string | undefined): Grant[] {
  const objects = mentioning(group).filter(isRbac);
  const roles = new Map(objects.map((object) => [identityOf(object), object]));
  return objects
    .filter(({ kind }) => kind.endsWith('Binding'))
    .flatMap((binding) => {
      const { namespace } = binding.metadata;
      const place = namespace === undefined ? 'in the whole cluster' : `in ${namespace}`;
      const [kind, name] = [String(at(binding, 'roleRef.kind')), String(at(binding, 'roleRef.name'))];
      const role = roles.get(
        identityOf({
          apiVersion: `${group}/v1`,
          kind,
          metadata: { name, ...(kind === 'Role' && namespace !== undefined ? { namespace } : {}) },
        }),
      );
      return list(binding.subjects).flatMap((subject) =>
        (role === undefined
          ? [{ verb: 'all rights of', object: `the ${kind} ${name}` }]
          : list(role.rules).flatMap((rule) => ruleGrants(rule, migrationJob))
        ).map(({ verb, object }) => ({ who: subjectInWords(subject), verb, object: `${object} ${place}` })),
      );
    });
}

function ruleGrants(rule: unknown, migrationJob: string | undefined): { verb: string; object: string }[] {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = mapping(rule);
  const names = list(resourceNames).map((name) =>
    name === migrationJob ? 'the migration Job' : String(name),
  );
  const kinds = list(apiGroups).flatMap((of) =>
    list(resources).map((resource) => (of === '' ? String(resource) : `${resource}.${of}`)),
  );
  const objects = [...kinds, ...list(nonResourceURLs).map(String)].flatMap((kind) =>
    names.length === 0 ? [kind] : names.map((name) => `${kind} ${name}`),
  );
  return list(verbs).flatMap((verb) => objects.map((object) => ({ verb: String(verb), object })));
}

function subjectInWords(subject: unknown): string {
  const { kind, name, namespace } = mapping(subject);
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** The rights of one side that the other side lacks. Verbs for the same object are joined. */
function inWords(some: readonly Grant[], others: readonly Grant[]): string[] {
  const known = new Set(others.map((grant) => JSON.stringify(grant)));
  const verbs = new Map<string, Set<string>>();
  for (const grant of some) {
    if (known.has(JSON.stringify(grant))) continue;
    const key = JSON.stringify([grant.who, grant.object]);
    verbs.set(key, (verbs.get(key) ?? new Set()).add(grant.verb));
  }
  return [...verbs]
    .map(([key, all]) => {
      const [who, object] = JSON.parse(key) as [string, string];
      return `${who}: ${[...all].sort().join(', ')} ${object}`;
    })
    .sort();
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
