import { readFileSync } from 'node:fs';
import { parse as parseCel } from '@marcbachmann/cel-js';
import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import { parse as parseYaml } from 'yaml';
import { acceptedByKubernetes, describeError } from './kubernetes-types.ts';

/** The CustomResourceDefinition, as this project states it. */
export const crdFile = new URL(
  '../../imports/lakekeepers.lakekeeper.k8s.lakekeeper.io.yaml',
  import.meta.url,
);

/** A structural schema: the part of OpenAPI v3 that a CustomResourceDefinition may use, as far as ours does. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

export interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly [
      { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } },
    ];
  };
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export const crd: CustomResourceDefinition = parseYaml(readFileSync(crdFile, 'utf8'));
const [version] = crd.spec.versions;
const rootSchema = version.schema.openAPIV3Schema;
const apiVersion = `${crd.spec.group}/${version.name}`;
const { kind } = crd.spec.names;

const ajv = new Ajv({ allErrors: true, strict: false });
ajvFormats.default(ajv);
const matchesSchema = ajv.compile(strict(rootSchema, true));

/**
 * What an API server would say against a Lakekeeper that a client sends with strict field validation; empty means
 * accepted. As in the API server, defaults are filled in first (into a copy), and then schema and CEL rules look at
 * the result. Two things are stricter: a null is a problem, because the API server drops it without a word, and so is
 * an int32 out of range, because the API server only notes that format while the operator cannot read the number.
 */
export function acceptedByCrd(object: unknown): string[] {
  const sent = asJson(object);
  if (!isObject(sent)) return ['is not an object'];
  const problems: string[] = [];
  if (sent.apiVersion !== apiVersion) problems.push(`apiVersion: is not ${apiVersion}`);
  if (sent.kind !== kind) problems.push(`kind: is not ${kind}`);
  // The CRD says nothing about metadata; its rules are those of a ConfigMap's, whose name is a DNS-1123 subdomain, too.
  problems.push(...acceptedByKubernetes({ apiVersion: 'v1', kind: 'ConfigMap', metadata: sent.metadata }));
  visit(sent, rootSchema, '', (value, schema, at) => {
    if (value === null && !schema.nullable)
      problems.push(`${at}: is null, which the API server drops silently`);
  });

  const stored = withDefaults(sent);
  if (!matchesSchema(stored)) problems.push(...(matchesSchema.errors ?? []).map(describeError));
  visit(stored, rootSchema, '', (value, schema, at) => {
    problems.push(...duplicates(value, schema, at), ...brokenRules(value, schema, at));
  });
  return problems;
}

/**
 * A deep copy of the object with the CRD's defaults, filled in as the API server does: only into parents that are
 * present.
 */
export function withDefaults<T>(object: T): T {
  const copy = asJson(object);
  fillIn(copy, rootSchema);
  return copy as T;
}

function fillIn(value: Json, schema: Schema): void {
  if (Array.isArray(value)) {
    for (const item of value) fillIn(item, schema.items ?? {});
  } else if (isObject(value)) {
    for (const key of new Set([...Object.keys(schema.properties ?? {}), ...Object.keys(value)])) {
      const property = schemaOf(schema, key);
      if (!property) continue;
      const absent = value[key] === undefined || (value[key] === null && !property.nullable);
      if (absent && property.default !== undefined) value[key] = asJson(property.default);
      // A null without a default is dropped.
      else if (absent) delete value[key];
      const child = value[key];
      if (child !== undefined) fillIn(child, property);
    }
  }
}

/** Our schema as ajv reads it: unknown fields refused, no keyword that ajv does not know. */
function strict(schema: Schema, isRoot = false): object {
  const kept = Object.entries(schema).filter(([key]) => !key.startsWith('x-') && key !== 'default');
  const properties = Object.entries(schema.properties ?? {}).map(
    // metadata is `type: object` in every CRD and has fields all the same.
    ([key, property]) => [key, isRoot && key === 'metadata' ? { type: 'object' } : strict(property)] as const,
  );
  const closed = schema.type === 'object' && !schema['x-kubernetes-preserve-unknown-fields'];
  return {
    ...Object.fromEntries(kept),
    ...(schema.properties && { properties: Object.fromEntries(properties) }),
    ...(schema.items && { items: strict(schema.items) }),
    ...(closed && {
      additionalProperties: schema.additionalProperties ? strict(schema.additionalProperties) : false,
    }),
  };
}

/** Calls `look` for every value that the schema describes, with its schema and its address. */
function visit(
  value: Json,
  schema: Schema,
  at: string,
  look: (value: Json, schema: Schema, at: string) => void,
): void {
  look(value, schema, at);
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      if (schema.items) visit(item, schema.items, `${at}[${index}]`, look);
    });
  } else if (isObject(value)) {
    for (const [key, child] of Object.entries(value)) {
      const property = schemaOf(schema, key);
      if (property) visit(child, property, at === '' ? key : `${at}.${key}`, look);
    }
  }
}

const schemaOf = (schema: Schema, key: string): Schema | undefined =>
  Object.hasOwn(schema.properties ?? {}, key) ? schema.properties?.[key] : schema.additionalProperties;

/** Items of a list-map that have the same keys. */
function duplicates(value: Json, schema: Schema, at: string): string[] {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (!keys || !Array.isArray(value)) return [];
  const identities = value.map((item) =>
    JSON.stringify(keys.map((key) => (isObject(item) ? (item[key] ?? null) : null))),
  );
  return identities.flatMap((identity, index) =>
    identities.indexOf(identity) < index
      ? [`${at}[${index}]: repeats ${keys.join(', ')} of an earlier item`]
      : [],
  );
}

function brokenRules(value: Json, schema: Schema, at: string): string[] {
  if (!isObject(value)) return [];
  return (schema['x-kubernetes-validations'] ?? []).flatMap(({ rule, message }) => {
    try {
      return evaluated(rule)({ self: value }) === true ? [] : [`${at}: ${message}`];
    } catch (error) {
      return [`${at}: rule ${rule} cannot be evaluated: ${String(error)}`];
    }
  });
}

const parsedRules = new Map<string, ReturnType<typeof parseCel>>();
function evaluated(rule: string): ReturnType<typeof parseCel> {
  const parsed = parsedRules.get(rule) ?? parseCel(rule);
  parsedRules.set(rule, parsed);
  return parsed;
}

/** What travels to the API server: a copy, in which fields that are undefined do not exist. */
function asJson(value: unknown): Json {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
