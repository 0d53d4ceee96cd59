import type { Change } from './change.ts';
import type { ChangeKind } from './change-kinds.ts';
import { differingFields, type FieldPath, isMapping, isSame } from './differences.ts';
import { withoutRepository } from './image-change.ts';
import { inputsOf, isInputs } from './inputs-change.ts';
import { type Meaning, within } from './meaning.ts';
import { at, type KubernetesObject, mapping } from './objects.ts';
import { objectName, type Pair } from './parsed-directory.ts';
import { fromTo } from './shown.ts';

/** The registration Job of the org, and its inputs. Any change of them runs it again. */
export const registration: Meaning = {
  explains: (object, path) =>
    (isInputs(object) && path[0] === 'data') || (isJob(object) && (path.length === 0 || path[0] === 'spec')),
  changes: (scene) => {
    const inputs = inputsOf(scene);
    const changed = scene.pairs.filter(
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
 * What a field of the inputs means. Undefined: it follows from the resource, whose change is reported already, or only
 * means that the Job runs again.
 */
const meanings: readonly (readonly [path: string, kind: ChangeKind | undefined])[] = [
  ['version', undefined],
  ['org', undefined],
  ['catalog', undefined],
  ['authentication.mode', undefined],
  ['authentication.issuer', undefined],
  ['authentication.audience', undefined],
  ['authentication', 'authenticationChanged'],
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
  const known = meanings.find(([root]) => within(path, root));
  if (known !== undefined && known[1] === undefined) return [];
  const kind = known?.[1] ?? 'registrationJobChanged';
  const name = kind === 'registrationJobChanged' ? path : path.slice(1);
  return [{ kind, what: name.join('.'), ...fromTo(at(before, path), at(after, path)) }];
}

function job({ before, after }: Pair): Change[] {
  const kind = 'registrationJobChanged';
  if (before === undefined || after === undefined)
    return [{ kind, what: `${objectName(after ?? before)} ${after === undefined ? 'goes' : 'comes'}` }];
  const [old, wanted] = [byName(before), byName(after)];
  return differingFields(old, wanted).map((path): Change => {
    const [from, to] = [at(old, path), at(wanted, path)];
    if (path.length === 2 && path[1] === 'image')
      return { kind: 'programChanged', ...fromTo(...withoutRepository(from, to)) };
    return { kind, what: path.join(' '), ...fromTo(from, to) };
  });
}

/**
 * A Job's spec, without the layers around it, with what is in lists by name, so that what differs there has a
 * name.
 */
function byName({ spec }: KubernetesObject): unknown {
  const { template, ...job } = mapping(spec);
  const { spec: podSpec, ...pod } = mapping(template);
  const { containers, ...rest } = mapping(named(podSpec));
  return { ...job, ...pod, ...rest, ...(isMapping(containers) ? containers : { containers }) };
}

/** A value in which lists of things that have a name each are mappings by it. */
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
