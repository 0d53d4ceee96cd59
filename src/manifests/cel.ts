/** Text of CEL, the language of admission policies. Source: https://kubernetes.io/docs/reference/using-api/cel/ */

/** A CEL expression in place of a literal. */
export class CelExpression {
  constructor(readonly text: string) {}
}

/**
 * A value of JSON as a CEL literal. Mappings and lists may have values of several types, which CEL allows for `dyn`
 * alone. Typed objects (`Object.spec…{}`) cannot be used for this: the API server panics on lists of them in the
 * value of a JSON patch (seen with 1.36.3).
 */
export function celLiteral(value: unknown): string {
  if (value instanceof CelExpression) return value.text;
  if (Array.isArray(value)) return `[${value.map(inDyn).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}: ${inDyn(inner)}`).join(', ')}}`;
}

function inDyn(value: unknown): string {
  return `dyn(${celLiteral(value)})`;
}

/** A mapping of texts, in the type of labels and annotations. */
export function celTexts(entries: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(entries).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{${pairs.join(', ')}}`;
}
