import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonElements } from '../../src/source/json-list.ts';

/** Reads a text that comes in pieces of a size. */
async function read(text: string, size: number) {
  async function* pieces() {
    for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
  }
  const elements: unknown[] = [];
  const generator = jsonElements(pieces(), 'list');
  for (;;) {
    const { done, value } = await generator.next();
    if (done) return { elements, ...value };
    elements.push(...value);
  }
}

test('the elements of a list are what JSON.parse would make of them, in whatever pieces the text comes', async () => {
  await fc.assert(
    fc.asyncProperty(
      // More than are parsed at a time.
      fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 50, size: 'max' }),
      fc.jsonValue(),
      fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(100_000)),
      fc.constantFrom(undefined, 1, '\t'),
      async (list, other, size, indent) => {
        const text = JSON.stringify({ a: other, list, z: other }, undefined, indent);
        const { elements, around, isFound } = await read(text, size);
        expect(elements).toEqual((JSON.parse(text) as { list: unknown[] }).list);
        expect(isFound).toBe(true);
        expect(JSON.parse(around)).toEqual(JSON.parse(JSON.stringify({ a: other, list: [], z: other })));
      },
    ),
    { numRuns: 300 },
  );
});

test('what JSON.parse refuses is refused: here, or as what is around the list', async () => {
  const good = '{"a": {"b": [1, "]", "\\\\"]}, "list": [1, {"c": "}"}, [2], "x", true], "z": [{}]}';
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: good.length }),
      fc.nat({ max: 4 }),
      fc.constantFrom('', ',', '[', ']', '{', '}', '"', ':', ' ', '1'),
      async (place, cut, inserted) => {
        const text = good.slice(0, place) + inserted + good.slice(place + cut);
        const expected = parsed(text);
        const seen = await read(text, 7).then(
          ({ elements, around, isFound }) => {
            const rest = parsed(around) as { list?: unknown } | undefined;
            return rest && isFound ? { ...rest, list: elements } : rest;
          },
          () => undefined,
        );
        expect(seen).toEqual(expected);
      },
    ),
    { numRuns: 2000 },
  );
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
