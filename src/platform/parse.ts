import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { keyForMessage } from '../text/credential-form.ts';
import { UsageError } from '../text/errors.ts';
import type { Problem } from '../text/problem.ts';
import { parseText, readText } from '../text/text-file.ts';
import { inconsistencies } from './consistency.ts';
import { ignoredSetting } from './ignored-settings.ts';
import { type JsonSchema, platformJsonSchema } from './json-schema.ts';
import { type Platform, PlatformSchema } from './platform-settings.ts';

/** Reads and parses a settings file. @throws UsageError as `parsePlatform`, or when the file cannot be read. */
export async function readPlatform(file: string): Promise<Platform> {
  return parsePlatform(file, parseText(file, await readText(file)));
}

/**
 * Parses platform settings.
 *
 * @param file name of the file, for messages.
 * @param content of the file, as plain data.
 * @throws UsageError with every problem and its path, with a suggestion where a name is nearly right.
 */
export function parsePlatform(file: string, content: unknown): Platform {
  // By default zod compiles each schema first, which takes longer than a single check.
  const parsed = PlatformSchema.safeParse(content ?? {}, { jitless: true });
  const problems = parsed.success
    ? inconsistencies(parsed.data)
    : parsed.error.issues.flatMap((issue) => problemsOf(issue, content));
  if (parsed.success && problems.length === 0) return parsed.data;
  const lines = problems.map(({ at, message }) => `  ${at === '' ? file : at}: ${message}`);
  throw new UsageError(
    `${file} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`,
  );
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, content: unknown): Problem[] {
  const at = pathOf(issue.path, content);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(issue.path, key, content));
    case 'invalid_union': {
      // Report the branch that matches best.
      const [best] = issue.errors
        .filter((issues) => issues.length > 0)
        .toSorted((a, b) => weight(a) - weight(b));
      if (best === undefined)
        return [
          {
            at,
            message: expectedOneOf('options' in issue ? issue.options : [], valueAt(content, issue.path)),
          },
        ];
      return best.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, content));
    }
    case 'invalid_value':
      return [{ at, message: expectedOneOf(issue.values, valueAt(content, issue.path)) }];
    case 'invalid_key':
      return issue.issues.map((inner) => ({ at, message: inner.message }));
    case 'invalid_type':
      return [
        {
          at,
          message: issue.message.includes('received undefined')
            ? `is missing; expected ${issue.expected}`
            : uncapitalised(issue.message),
        },
      ];
    default:
      return [{ at, message: uncapitalised(issue.message) }];
  }
}

function weight(issues: readonly Issue[]): number {
  return issues.reduce(
    (sum, issue) =>
      sum + (issue.code === 'unrecognized_keys' ? 2 * issue.keys.length : 1) - issue.path.length,
    0,
  );
}

function unknownKey(path: readonly PropertyKey[], key: string, content: unknown): Problem {
  const at = pathOf([...path, key], content);
  const ignored = ignoredSetting(at);
  if (ignored !== undefined) return { at, message: ignored };
  const known = knownKeys(path);
  const nearest = known.length > 0 ? closest(key, known) : undefined;
  const suggestion =
    nearest !== undefined && distance(key, nearest) <= 3
      ? `did you mean ${nearest}?`
      : `known are ${known.join(', ')}`;
  return { at, message: `is not a setting; ${suggestion}` };
}

/** Names of the settings at a path; at a union, those of all its branches. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schemas: JsonSchema[] = branches(platformJsonSchema());
  for (const step of path) {
    schemas = schemas.flatMap((schema) => {
      const next =
        typeof step === 'number'
          ? schema.items
          : (schema.properties?.[String(step)] ?? schema.additionalProperties);
      return typeof next === 'object' ? branches(next) : [];
    });
  }
  return [...new Set(schemas.flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

function branches(schema: JsonSchema): JsonSchema[] {
  return [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((s) =>
    s === schema ? [s] : branches(s),
  );
}

function expectedOneOf(options: unknown, seen: unknown): string {
  const words = Array.isArray(options) ? options.map(String) : [];
  const expected = `expected ${words.map((word) => JSON.stringify(word)).join(' or ')}`;
  const nearest = typeof seen === 'string' && words.length > 0 ? closest(seen, words) : undefined;
  return nearest !== undefined && distance(String(seen), nearest) <= 3
    ? `${expected}; did you mean ${nearest}?`
    : expected;
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    content,
  );
}

/** A path as it is in the file, where one peer may be without a list. */
function pathOf(path: readonly PropertyKey[], content: unknown): string {
  return path.reduce<string>((at, step, index) => {
    if (typeof step !== 'number') {
      const key = keyForMessage(String(step));
      return at === '' ? key : `${at}.${key}`;
    }
    return Array.isArray(valueAt(content, path.slice(0, index))) ? `${at}[${step}]` : at;
  }, '');
}

function uncapitalised(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
