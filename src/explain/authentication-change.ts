import { type Analyzer, type DirectoryDiff, within } from './analyzer.ts';
import type { Change } from './change.ts';
import { inputsOf, isInputs } from './inputs-change.ts';
import { at, type KubernetesObject, textAt } from './objects.ts';
import { isLakekeeper, type Side } from './parsed-directory.ts';
import { differencesAt, type FieldDifference, fromTo } from './shown.ts';

const enabled = 'LAKEKEEPER__ENABLE_KUBERNETES_AUTHENTICATION';
const audience = 'LAKEKEEPER__KUBERNETES_AUTHENTICATION_AUDIENCE';

/**
 * How a catalog authenticates its clients. It is configured in the resource (one OpenID provider; the fork's field for
 * ServiceAccount tokens) and, with amendments, by variables in the ConfigMap (docs/facts/lakekeeper-auth.md §2).
 */
export const authentication: Analyzer = {
  explains: (object, path) =>
    (isLakekeeper(object) && within(path, 'spec.authentication', 'spec.authorization', 'spec.bootstrap')) ||
    (isAmendments(object) && within(path, `data.${enabled}`, `data.${audience}`)),
  changes: (diff) => {
    if (!mayDiffer(diff)) return [];
    const [from, to] = [
      methods(diff.catalog.before, variablesOf(diff.before)),
      methods(diff.catalog.after, variablesOf(diff.after)),
    ];
    const isSwitched = (from === 'none') !== (to === 'none');
    const inputs = inputsOf(diff);
    const [wasPrepared, isPrepared] = [isAsked(inputs.before), isAsked(inputs.after)];
    return [
      ...workerRights(inputs.before, inputs.after),
      ...(isSwitched
        ? [switched(diff, { from, to, wasPrepared, isPrepared })]
        : from === 'none' && wasPrepared !== isPrepared
          ? [{ kind: isPrepared ? 'authenticationPrepared' : 'authenticationWithdrawn' } as const]
          : fields(diff).map(
              ({ what, from: old, to: wanted }): Change => ({
                kind: to === 'none' ? 'serverChanged' : 'authenticationChanged',
                what,
                ...fromTo(old, wanted),
              }),
            )),
      ...differencesAt(diff.catalog, 'spec.bootstrap')
        // The operator bootstraps only without authentication, so these changes follow from the other one.
        .filter(({ what }) => !isSwitched || !['enabled', 'checkInterval'].includes(what))
        .map(
          ({ what, from: old, to: wanted }): Change => ({
            kind: 'serverChanged',
            what: `bootstrap ${what}`,
            ...fromTo(old, wanted),
          }),
        ),
      ...differencesAt(diff.catalog, 'spec.authorization').map(
        ({ what, from: old, to: wanted }): Change => ({
          kind: 'authorizationChanged',
          what,
          ...fromTo(old, wanted),
        }),
      ),
    ];
  },
};

/** Whether authentication may differ. A quick test: finding the ConfigMap among all objects takes time. */
function mayDiffer({ catalog, pairs }: DirectoryDiff): boolean {
  return (
    ['spec.authentication', 'spec.authorization', 'spec.bootstrap'].some(
      (path) => differencesAt(catalog, path).length > 0,
    ) || pairs.some(({ before, after }) => isAmendments(before ?? after) || isInputs(before ?? after))
  );
}

/** The ConfigMap with the variables of an org's pods. */
export function isAmendments(object: KubernetesObject | undefined): boolean {
  return object?.kind === 'ConfigMap' && object.metadata.name.endsWith('-amendments');
}

function variablesOf(side: Side): unknown {
  return side.mentioning('-amendments').find(isAmendments)?.data;
}

/** The methods of authentication, in words. */
function methods(catalog: KubernetesObject | undefined, variables: unknown): string {
  const names = [
    ...(at(catalog, 'spec.authentication.openID') === undefined ? [] : ['OpenID']),
    ...(textAt(catalog, 'spec.authentication.kubernetes.enabled') === 'true' ||
    textAt(variables, enabled) === 'true'
      ? ['ServiceAccount tokens']
      : []),
  ];
  return names.length === 0 ? 'none' : names.join(' and ');
}

/** Whether the registration inputs ask for authentication, enforced or prepared. */
function isAsked(inputs: unknown): boolean {
  const mode = textAt(inputs, 'authentication.mode');
  return mode !== undefined && mode !== 'none';
}

/** Whether workers may change the warehouse: not where the Job is the instance admin of the server. */
function workerRights(before: unknown, after: unknown): Change[] {
  if (before === undefined || after === undefined) return [];
  const [was, is] = [before, after].map(
    (inputs) => textAt(inputs, 'lakekeeperWarehouse.managedBy') !== undefined,
  );
  return was === is ? [] : [{ kind: is ? 'workersLimited' : 'workersUnlimited' }];
}

interface Switch {
  readonly from: string;
  readonly to: string;
  readonly wasPrepared: boolean;
  readonly isPrepared: boolean;
}

function switched(diff: DirectoryDiff, { from, to, wasPrepared, isPrepared }: Switch): Change {
  if (to === 'none') return { kind: 'authenticationOff', from, to: isPrepared ? 'prepared' : to };
  const wanted =
    textAt(variablesOf(diff.after), audience) ??
    textAt(diff.catalog.after, 'spec.authentication.openID.audience');
  return {
    kind: wasPrepared ? 'authenticationOn' : 'authenticationJump',
    from: wasPrepared ? 'prepared' : from,
    to,
    ...(wanted === undefined ? {} : { detail: `audience ${wanted}` }),
  };
}

/** The settings of authentication, field by field. */
function fields(diff: DirectoryDiff): FieldDifference[] {
  const [before, after] = [variablesOf(diff.before), variablesOf(diff.after)];
  return [
    ...differencesAt(diff.catalog, 'spec.authentication').map((difference) => ({
      ...difference,
      what: difference.what.replace(/^(openID|kubernetes)\./, ''),
    })),
    ...differencesAt({ before, after }, enabled),
    ...differencesAt({ before, after }, audience).map((difference) => ({ ...difference, what: 'audience' })),
  ];
}
