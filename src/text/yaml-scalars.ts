/** Types other than string that a reader of YAML 1.1 gives to an unquoted scalar. */
export type ScalarType = 'bool' | 'float' | 'int' | 'merge' | 'null' | 'timestamp' | 'value';

/**
 * The type of an unquoted scalar for readers of YAML 1.1: the types of the type repository (yaml.org/type), and further
 * numbers of PyYAML, SnakeYAML and the go-yaml of Kubernetes. These differ; one that does not read a string is enough.
 *
 * @returns undefined when all of them read a string.
 */
export function yaml11Type(scalar: string): ScalarType | undefined {
  if (words[scalar] !== undefined) return words[scalar];
  if (!/^[-+.0-9]/.test(scalar)) return undefined;
  if (timestamp.test(scalar)) return 'timestamp';
  if (sexagesimal.test(scalar)) return 'int';
  // go-yaml removes all underscores first.
  const digits = scalar.replaceAll('_', '');
  if (integer.test(digits)) return 'int';
  return float.test(digits) ? 'float' : undefined;
}

const words: Readonly<Record<string, ScalarType | undefined>> = Object.assign(
  Object.create(null),
  { '': 'null', '~': 'null', '<<': 'merge', '=': 'value' },
  ...Object.entries({
    bool: ['y', 'n', 'yes', 'no', 'true', 'false', 'on', 'off'],
    null: ['null'],
    float: ['.inf', '+.inf', '-.inf', '.nan', '.NaN'],
  }).map(([type, list]) =>
    Object.fromEntries(
      list.flatMap((word) =>
        [word, capitalised(word), word.toUpperCase()].map((spelling) => [spelling, type]),
      ),
    ),
  ),
);

function capitalised(word: string): string {
  return word.replace(/[a-z]/, (letter) => letter.toUpperCase());
}

/** Minutes and seconds of one digit, and a comma before the fraction, are go-yaml's; `+0100` is SnakeYAML's. */
const timestamp =
  /^\d{4}-\d\d?-\d\d?(([Tt]|[ \t]+)\d\d?:\d\d?:\d\d?([.,]\d*)?([ \t]*(Z|[-+]\d\d?(:?\d\d)?))?)?$/;
const sexagesimal = /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/;
/** Radixes in upper case, 0o17, and a sign behind a radix are go-yaml's; PyYAML takes a radix without digits. */
const integer = /^[-+]?([0-9]+|0[xob][0-9a-f]*|0[ob][-+][0-9]+)$/i;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)(e[-+]?[0-9]+)?$/i;
