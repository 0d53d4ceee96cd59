import type { Change } from './change.ts';
import { type Meaning, type Scene, within } from './meaning.ts';
import { at, type KubernetesObject, textAt } from './objects.ts';
import { isLakekeeper, type Side } from './parsed-directory.ts';
import { differencesAt, type FieldDifference, fromTo } from './shown.ts';

const enabled = 'LAKEKEEPER__ENABLE_KUBERNETES_AUTHENTICATION';
const audience = 'LAKEKEEPER__KUBERNETES_AUTHENTICATION_AUDIENCE';

/**
 * How a catalog authenticates. Stated in its resource (one OpenID provider; the fork's own field for
 * ServiceAccount tokens) and, where pods are completed at admission, by the variables in its ConfigMap
 * (docs/facts/lakekeeper-auth.md §2).
 */
export const authentication: Meaning = {
  explains: (object, path) =>
    (isLakekeeper(object) && within(path, 'spec.authentication', 'spec.authorization', 'spec.bootstrap')) ||
    (isAmendments(object) && within(path, `data.${enabled}`, `data.${audience}`)),
  changes: (scene) => {
    if (!isTouched(scene)) return [];
    const [from, to] = [
      ways(scene.catalog.before, variablesOf(scene.before)),
      ways(scene.catalog.after, variablesOf(scene.after)),
    ];
    const isSwitched = (from === 'none') !== (to === 'none');
    return [
      ...(isSwitched
        ? [switched(scene, from, to)]
        : fields(scene).map(
            ({ what, from: old, to: wanted }): Change => ({
              kind: to === 'none' ? 'serverChanged' : 'authenticationChanged',
              what,
              ...fromTo(old, wanted),
            }),
          )),
      ...differencesAt(scene.catalog, 'spec.bootstrap')
        // The operator bootstraps only while there is no authentication: the switch follows from it.
        .filter(({ what }) => !(isSwitched && what === 'enabled'))
        .map(
          ({ what, from: old, to: wanted }): Change => ({
            kind: 'serverChanged',
            what: `bootstrap ${what}`,
            ...fromTo(old, wanted),
          }),
        ),
      ...differencesAt(scene.catalog, 'spec.authorization').map(
        ({ what, from: old, to: wanted }): Change => ({
          kind: 'authorizationChanged',
          what,
          ...fromTo(old, wanted),
        }),
      ),
    ];
  },
};

/** Whether anything of it may differ: finding the ConfigMap among all objects takes time. */
function isTouched({ catalog, pairs }: Scene): boolean {
  return (
    ['spec.authentication', 'spec.authorization', 'spec.bootstrap'].some(
      (path) => differencesAt(catalog, path).length > 0,
    ) || pairs.some(({ before, after }) => isAmendments(before ?? after))
  );
}

/** The ConfigMap that an org's pods read as a whole. */
export function isAmendments(object: KubernetesObject | undefined): boolean {
  return object?.kind === 'ConfigMap' && object.metadata.name.endsWith('-amendments');
}

export function variablesOf(side: Side): unknown {
  return side.mentioning('-amendments').find(isAmendments)?.data;
}

/** The ways to authenticate at a catalog, in words. */
function ways(catalog: KubernetesObject | undefined, variables: unknown): string {
  const names = [
    ...(at(catalog, 'spec.authentication.openID') === undefined ? [] : ['OpenID']),
    ...(textAt(catalog, 'spec.authentication.kubernetes.enabled') === 'true' ||
    textAt(variables, enabled) === 'true'
      ? ['ServiceAccount tokens']
      : []),
  ];
  return names.length === 0 ? 'none' : names.join(' and ');
}

function switched(scene: Scene, from: string, to: string): Change {
  if (to === 'none') return { kind: 'authenticationOff', from, to };
  const wanted =
    textAt(variablesOf(scene.after), audience) ??
    textAt(scene.catalog.after, 'spec.authentication.openID.audience');
  return {
    kind: 'authenticationOn',
    from,
    to,
    ...(wanted === undefined ? {} : { detail: `audience ${wanted}` }),
  };
}

/** The settings of authentication, field by field. */
function fields(scene: Scene): FieldDifference[] {
  const [before, after] = [variablesOf(scene.before), variablesOf(scene.after)];
  return [
    ...differencesAt(scene.catalog, 'spec.authentication').map((difference) => ({
      ...difference,
      what: difference.what.replace(/^(openID|kubernetes)\./, ''),
    })),
    ...differencesAt({ before, after }, enabled),
    ...differencesAt({ before, after }, audience).map((difference) => ({ ...difference, what: 'audience' })),
  ];
}
