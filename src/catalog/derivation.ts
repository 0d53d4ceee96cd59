import type {
  CredentialSource,
  Overrides,
  Platform,
  SecretReference,
} from '../platform/platform-settings.ts';
import { expand } from '../platform/setting-template.ts';
import type { Duckling } from '../source/ducklings.ts';
import type { WarehouseRecord } from '../source/warehouse-record.ts';
import type { Problem } from '../text/problem.ts';
import type { Adopted } from './adoption.ts';
import type { CredentialReference, SecretKey } from './catalog.ts';

/** What the parts of a derivation share. Problems are collected, so that all of them are reported at once. */
export interface Derivation {
  readonly record: WarehouseRecord;
  readonly platform: Platform;
  readonly overrides: Overrides;
  readonly duckling: Duckling | undefined;
  readonly adopted: Adopted;
  /** What the placeholders of templates stand for, outside of labels. */
  readonly values: {
    readonly org: string;
    readonly name: string;
    readonly namespace: string;
    readonly duckling: string;
  };
  readonly problems: Problem[];
}

/** Fills a template that makes the name of a Kubernetes object, and reports a name that Kubernetes would refuse. */
export function objectName(derivation: Derivation, template: string, setting: string): string {
  return checkedName(derivation, template, setting, /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);
}

/** The same for the name of a namespace, which is a single label. */
export function namespaceName(derivation: Derivation, template: string, setting: string): string {
  return checkedName(derivation, template, setting, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
}

function checkedName(
  { values, problems, record }: Derivation,
  template: string,
  setting: string,
  grammar: RegExp,
): string {
  const name = expand(template, values);
  if (!grammar.test(name))
    problems.push({
      at: record.at,
      message: `${setting} (${template}) gives ${JSON.stringify(name)}, which is not a name in Kubernetes`,
    });
  return name;
}

/**
 * Whether the server would read a value of its environment as something else than text (docs/facts/lakekeeper-crd.md
 * §8.1).
 */
export function isMisreadByServer(text: string): boolean {
  return /^\s|\s$/.test(text) || /^(true|false|[0-9]+(\.[0-9]*)?|["'[{].*)$/s.test(text);
}

export function secretKey(derivation: Derivation, reference: SecretReference, setting: string): SecretKey {
  return {
    namespace: namespaceName(derivation, reference.namespace ?? '{namespace}', `${setting}.namespace`),
    name: objectName(derivation, reference.name, `${setting}.name`),
    key: reference.key,
  };
}

export function credentialReference(
  derivation: Derivation,
  source: CredentialSource,
  setting: string,
): CredentialReference {
  if ('environment' in source) return source;
  if ('secret' in source) return { secret: secretKey(derivation, source.secret, `${setting}.secret`) };
  const { duckling, values } = derivation;
  if (duckling?.metadataStore.passwordSecret !== undefined)
    return { secret: duckling.metadataStore.passwordSecret };
  return { duckling: { namespace: duckling?.namespace ?? source.duckling.namespace, name: values.duckling } };
}

/**
 * The first place that has a value, checked; reports a wrong value at its place, or all the places when none has one.
 */
export function lookUp(
  { problems }: Derivation,
  problemWith: (value: string) => string | undefined,
  places: readonly [at: string, value: string | undefined][],
): string | undefined {
  const [at, value] = places.find(([, candidate]) => candidate !== undefined && candidate !== '') ?? [];
  if (at === undefined || value === undefined) {
    const [[first = ''] = [], ...others] = places;
    problems.push({
      at: first,
      message: `is not set, nor is any of: ${others.map(([place]) => place).join(', ')}`,
    });
    return undefined;
  }
  const problem = problemWith(value);
  if (problem === undefined) return value;
  // The value itself is not repeated: what is no host may well be a URL with a password.
  problems.push({ at, message: problem });
  return undefined;
}

/** The settings of the kind of store that a record names; an unknown kind is among the problems. */
export function settingsOfKind<T>(
  { record, problems }: Derivation,
  column: string,
  kind: string | undefined,
  setting: string,
  kinds: Readonly<Record<string, T>>,
): T | undefined {
  if (kind !== undefined && Object.hasOwn(kinds, kind)) return kinds[kind];
  const seen = kind === undefined ? 'is missing' : `is ${JSON.stringify(kind)}`;
  const known = Object.keys(kinds).sort().join(', ') || 'none';
  problems.push({
    at: `${record.at}.${column}`,
    message: `${seen}; ${setting} of the platform settings has: ${known}`,
  });
  return undefined;
}

/** Address of a field of the org's Duckling, for messages. */
export function inDuckling({ duckling, values }: Derivation, field: string): string {
  return duckling === undefined
    ? `${field} of the Duckling ${values.duckling} (which was not given)`
    : `${duckling.at}: ${field}`;
}
