/** Whether a value of YAML or JSON is a mapping: neither a scalar nor a list. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
