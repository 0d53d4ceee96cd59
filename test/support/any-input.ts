import fc from 'fast-check';
import { z } from 'zod';
import { anyText } from './arbitrary.ts';

/**
 * What a schema does not say about its values, by the end of a path: `namespace`, or `workers.namespace`, which goes
 * before.
 */
export interface Hints {
  /**
   * Values that have a sense, where most that are allowed have none. Those that are not allowed somewhere are left
   * out there.
   */
  readonly values: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  /** Keys of mappings that take any. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** Takes away from a mapping what the schema refuses beside the rest of it: by chance hardly any would be right. */
  readonly adjust?: (mapping: Readonly<Record<string, unknown>>) => object;
}

type Schema = z.core.$ZodType;

/**
 * Anything that a schema takes: each optional key is there or not, each alternative is taken. What is new in the
 * schema is in its values too.
 *
 * @throws Error for a place in the schema that needs a hint.
 */
export function anyInput(schema: Schema, hints: Hints, path = ''): fc.Arbitrary<unknown> {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return fc.oneof(
      { weight: 1, arbitrary: fc.constant(undefined) },
      { weight: 2, arbitrary: anyInput(schema.unwrap(), hints, path) },
    );
  const values = atEnd(hints.values, path) ?? anyOfType(schema, hints, path);
  let refused = 0;
  return values.filter((value) => {
    if (z.safeParse(schema, value).success) refused = 0;
    else if (++refused > 10_000) return missing(path, 'values');
    return refused === 0;
  });
}

function anyOfType(schema: Schema, hints: Hints, path: string): fc.Arbitrary<unknown> {
  const mapping = (fields: [key: string, Schema][]) =>
    fc
      .record(
        Object.fromEntries(fields.map(([key, inner]) => [key, anyInput(inner, hints, `${path}.${key}`)])),
      )
      .map((value) => hints.adjust?.(value) ?? value);
  // A transform is of what comes in, a preprocess of what goes on.
  if (schema instanceof z.ZodPipe)
    return anyInput(schema.in instanceof z.ZodTransform ? schema.out : schema.in, hints, path);
  if (schema instanceof z.ZodObject) return mapping(Object.entries(schema.shape));
  if (schema instanceof z.ZodRecord) {
    const keys = atEnd(hints.keys, path) ?? missing(path, 'keys');
    return mapping(keys.map((key) => [key, schema.valueType]));
  }
  if (schema instanceof z.ZodArray)
    return fc.array(anyInput(schema.element, hints, `${path}.*`), { minLength: 1, maxLength: 2 });
  if (schema instanceof z.ZodUnion)
    return fc.oneof(...schema.options.map((option) => anyInput(option, hints, path)));
  if (schema instanceof z.ZodLiteral) return fc.constantFrom(...schema.values);
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodNumber) return numbers(schema);
  if (schema instanceof z.ZodString) return texts(schema);
  return missing(path, 'values');
}

function numbers({ format, minValue, maxValue }: z.ZodNumber): fc.Arbitrary<number> {
  if (format !== 'safeint') return fc.constantFrom(0.5, 1, 12);
  return fc.integer({ min: minValue ?? 0, max: maxValue ?? 1000 });
}

function texts({ def }: z.ZodString): fc.Arbitrary<string> {
  const pattern = def.checks?.flatMap(({ _zod }) =>
    'pattern' in _zod.def && _zod.def.pattern instanceof RegExp ? _zod.def.pattern : [],
  )[0];
  return pattern === undefined ? anyText : fc.stringMatching(pattern);
}

/** What is named like the end of the path; the longest name goes first. */
function atEnd<T>(named: Readonly<Record<string, T>>, path: string): T | undefined {
  const names = Object.keys(named).filter((name) => path.endsWith(`.${name}`));
  const [longest] = names.sort((a, b) => b.length - a.length);
  return longest === undefined ? undefined : named[longest];
}

function missing(path: string, what: keyof Hints): never {
  throw new Error(`the schema does not say which ${what} ${path.slice(1)} has; add a hint`);
}
