import type { DirectoryDiff } from './analyzer.ts';
import { type KubernetesObject, mapping } from './objects.ts';

/** The ConfigMap that holds an org's registration inputs and their fingerprint. */
export function isInputs(object: KubernetesObject | undefined): boolean {
  return object?.kind === 'ConfigMap' && object.metadata.name.endsWith('-registration');
}

/**
 * The registration inputs of both sides, if they differ. They are not validated: the committed ones may be from an
 * earlier release.
 */
export function inputsOf({ pairs }: DirectoryDiff): { readonly before: unknown; readonly after: unknown } {
  const pair = pairs.find(({ before, after }) => isInputs(before) && isInputs(after));
  return { before: parse(pair?.before), after: parse(pair?.after) };
}

function parse(object: KubernetesObject | undefined): unknown {
  const text = mapping(object?.data)['inputs.json'];
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, for example after an edit by hand: it is compared as text.
    return { text };
  }
}
