/** What a scalar without quotes is to a reader of YAML 1.1. A text is none of these. */
export type ScalarType = 'bool' | 'float' | 'int' | 'merge' | 'null' | 'timestamp' | 'value';

/**
 * The type of a scalar without quotes, to readers of YAML 1.1: those of the type repository (yaml.org/type), and what
 * PyYAML, SnakeYAML and the go-yaml inside Kubernetes take for numbers beyond them. They differ among themselves: it is
 * enough that one of them takes it for no text.
 *
 * @returns undefined when all of them read a text.
 */
export function yaml11Type(scalar: string): ScalarType | undefined {
  if (words[scalar] !== undefined) return words[scalar];
  if (!/^[-+.0-9]/.test(scalar)) return undefined;
  if (timestamp.test(scalar)) return 'timestamp';
  if (sexagesimal.test(scalar)) return 'int';
  // go-yaml drops all underscores before it looks.
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
    float: ['.inf', '+.inf', '-.inf', '.nan'],
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

const timestamp = /^\d{4}-\d\d?-\d\d?(([Tt]|[ \t]+)\d\d?:\d\d:\d\d(\.\d*)?([ \t]*(Z|[-+]\d\d?(:\d\d)?))?)?$/;
const sexagesimal = /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/;
/** Radixes in upper case and 0o17 are go-yaml's, which also takes a radix without digits for a number. */
const integer = /^[-+]?([0-9]+|0[xob][0-9a-f]*)$/i;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)(e[-+]?[0-9]+)?$/i;
