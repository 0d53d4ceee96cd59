import { columnAddress, type WarehouseColumn } from '../mapping/raw-record.ts';
import { domainPattern } from '../platform/kubernetes-names.ts';
import type {
  CredentialSource,
  Overrides,
  Platform,
  SecretReference,
} from '../platform/platform-settings.ts';
import { expand } from '../platform/setting-template.ts';
import type { Duckling } from '../source/ducklings.ts';
import type { OrgId, WarehouseRecord } from '../source/warehouse-record.ts';
import { keyForMessage, valueForMessage } from '../text/credential-form.ts';
import type { Problem } from '../text/problem.ts';
import type { Adopted } from './adoption.ts';
import type { SecretKey } from './data-store-inputs.ts';
import type { CredentialReference } from './metadata-store-inputs.ts';

/** The values for the templates of an org, and the problems found, which are reported together. */
export interface Expansion {
  readonly record: { readonly org: OrgId; readonly at: string };
  readonly platform: Platform;
  /** Values of the placeholders in templates, except in those of labels. */
  readonly values: {
    readonly org: string;
    readonly name: string;
    readonly namespace: string;
    readonly duckling: string;
  };
  readonly problems: Problem[];
}

/** Inputs of a derivation. */
export interface Derivation extends Expansion {
  readonly record: WarehouseRecord;
  readonly overrides: Overrides;
  readonly duckling: Duckling | undefined;
  readonly adopted: Adopted;
}

/** Expands a template for the name of a Kubernetes object; an invalid name is a problem. */
export function objectName(derivation: Expansion, template: string, setting: string): string {
  return checkedName(derivation, template, setting, /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);
}

/** Expands a template for the name of a namespace, which is a single DNS label. */
export function namespaceName(derivation: Expansion, template: string, setting: string): string {
  return checkedName(derivation, template, setting, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
}

/** Expands a template for a name in DNS, in which `*` may stand for characters. */
export function domainName(derivation: Expansion, template: string, setting: string): string {
  return checkedName(derivation, template, setting, domainPattern, 'DNS');
}

function checkedName(
  { values, problems, record }: Expansion,
  template: string,
  setting: string,
  grammar: RegExp,
  system = 'Kubernetes',
): string {
  const name = expand(template, values);
  if (!grammar.test(name))
    problems.push({
      at: record.at,
      message:
        `${setting} (${keyForMessage(template)}) gives ${valueForMessage(name)}, which is not a name in ` +
        system,
    });
  return name;
}

/**
 * Whether the server would parse the value of a variable as something else than a string (docs/facts/lakekeeper-crd.md
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
 * Returns the first value that is set, and checks it. An invalid value is a problem; so is a value that is set
 * nowhere.
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
  // The message does not repeat the value: an invalid host may be a URL with a password.
  problems.push({ at, message: problem });
  return undefined;
}

/** The settings for the kind of store that a record names; an unknown kind is a problem. */
export function settingsOfKind<T>(
  { record, problems }: Derivation,
  column: WarehouseColumn,
  kind: string | undefined,
  setting: string,
  kinds: Readonly<Record<string, T>>,
): T | undefined {
  if (kind !== undefined && Object.hasOwn(kinds, kind)) return kinds[kind];
  const seen = kind === undefined ? 'is missing' : `is ${valueForMessage(kind)}`;
  const known = Object.keys(kinds).sort().map(keyForMessage).join(', ') || 'none';
  problems.push({
    at: columnAddress(record, column),
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
