import { isMapping } from '../text/is-mapping.ts';
import { type Analyzer, within } from './analyzer.ts';
import type { Change, ChangeKind } from './change.ts';
import { differingFields, type FieldPath, isSame } from './differences.ts';
import { withoutRepository } from './image-change.ts';
import { inputsOf, isInputs } from './inputs-change.ts';
import { at, type KubernetesObject, mapping } from './objects.ts';
import { objectName, type Pair } from './parsed-directory.ts';
import { fromTo } from './shown.ts';

/** The registration Job of the org and its inputs. Any change of them runs the Job again. */
export const registration: Analyzer = {
  explains: (object, path) =>
    (isInputs(object) && path[0] === 'data') || (isJob(object) && (path.length === 0 || path[0] === 'spec')),
  changes: (diff) => {
    const inputs = inputsOf(diff);
    const changed = diff.pairs.filter(
      ({ before, after }) => isJob(before ?? after) || isInputs(before ?? after),
    );
    if (changed.every(({ before, after }) => isSame(content(before), content(after)))) return [];
    return [
      ...differingFields(inputs.before, inputs.after).flatMap((path) => input(path, inputs)),
      ...changed.filter(({ before, after }) => isJob(before ?? after)).flatMap(job),
      { kind: 'registrationAgain' },
    ];
  },
};

function isJob(object: KubernetesObject | undefined): boolean {
  return object?.kind === 'Job' && object.apiVersion.startsWith('batch/');
}

function content(object: KubernetesObject | undefined): unknown {
  return object && { data: object.data, spec: object.spec };
}

/**
 * The kind of change for each field of the inputs. Undefined if the field follows from the resource, whose change is
 * reported already, or if its only effect is that the Job runs again.
 */
const kindsByPath: readonly (readonly [path: string, kind: ChangeKind | undefined])[] = [
  ['version', undefined],
  ['org', undefined],
  ['catalog', undefined],
  ['authentication.mode', undefined],
  ['authentication.rollout', undefined],
  ['authentication.issuer', undefined],
  ['authentication.audience', undefined],
  ['authentication', 'authenticationChanged'],
  ['workers', undefined],
  ['metadataStore.host', undefined],
  ['metadataStore.port', undefined],
  ['metadataStore.database', undefined],
  ['metadataStore.sslMode', undefined],
  ['metadataStore.sslRootCertSecret', undefined],
  ['metadataStore', 'metadataStoreAccount'],
  ['lakekeeperWarehouse', undefined],
  ['record', 'recordChanged'],
];

function input(path: FieldPath, { before, after }: { before: unknown; after: unknown }): Change[] {
  const known = kindsByPath.find(([root]) => within(path, root));
  if (known !== undefined && known[1] === undefined) return [];
  const kind = known?.[1] ?? 'registrationJobChanged';
  const name = kind === 'registrationJobChanged' ? path : path.slice(1);
  return [{ kind, what: name.join('.'), ...fromTo(at(before, path), at(after, path)) }];
}

function job({ before, after }: Pair): Change[] {
  const kind = 'registrationJobChanged';
  if (before === undefined || after === undefined)
    return [{ kind, what: `${objectName(after ?? before)} ${after === undefined ? 'removed' : 'added'}` }];
  const [old, wanted] = [byName(before), byName(after)];
  return differingFields(old, wanted).map((path): Change => {
    const [from, to] = [at(old, path), at(wanted, path)];
    if (path.length === 2 && path[1] === 'image')
      return { kind: 'programChanged', ...fromTo(...withoutRepository(from, to)) };
    return { kind, what: path.join(' '), ...fromTo(from, to) };
  });
}

/**
 * A Job's spec without its outer levels. Lists of named things are mappings by name, so that a difference has a path of
 * names.
 */
function byName({ spec }: KubernetesObject): unknown {
  const { template, ...job } = mapping(spec);
  const { spec: podSpec, ...pod } = mapping(template);
  const { containers, ...rest } = mapping(named(podSpec));
  return { ...job, ...pod, ...rest, ...(isMapping(containers) ? containers : { containers }) };
}

/** Replaces lists whose elements have a `name` by mappings. */
function named(value: unknown): unknown {
  if (Array.isArray(value)) {
    const names = value.map((item) => mapping(item).name);
    const areNames = names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
    if (!areNames || names.length === 0) return value;
    return Object.fromEntries(
      value.map((item) => {
        const { name, ...fields } = mapping(item);
        return [String(name), named(fields)];
      }),
    );
  }
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, named(inner)]));
}
