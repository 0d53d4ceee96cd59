import type { Scene } from './meaning.ts';
import { type KubernetesObject, mapping } from './objects.ts';

/** The ConfigMap that holds an org's registration inputs and their fingerprint. */
export function isInputs(object: KubernetesObject | undefined): boolean {
  return object?.kind === 'ConfigMap' && object.metadata.name.endsWith('-registration');
}

/**
 * The registration inputs of both sides, where they differ. They are read as they are, of whatever version: the old
 * ones may be from an earlier release.
 */
export function inputsOf({ pairs }: Scene): { readonly before: unknown; readonly after: unknown } {
  const pair = pairs.find(({ before, after }) => isInputs(before) && isInputs(after));
  return { before: parse(pair?.before), after: parse(pair?.after) };
}

function parse(object: KubernetesObject | undefined): unknown {
  const text = mapping(object?.data)['inputs.json'];
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Edited by hand, or cut: compared as the text that it is.
    return { text };
  }
}
