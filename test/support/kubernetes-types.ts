import { createRequire } from 'node:module';
import * as clientNode from '@kubernetes/client-node';
import type { ErrorObject } from 'ajv';
import { k8s as kubernetes128 } from 'cdk8s-plus-28';

const require = createRequire(import.meta.url);

type Fields = Record<string, unknown>;

/**
 * What a Kubernetes API server would say against an object of a built-in kind: empty means accepted.
 *
 * Three statements of the types are asked, because none says everything: `kubernetes-models` has types, formats and
 * enums but lets unknown fields pass; `@kubernetes/client-node` (1.34) names every field; `cdk8s-plus-28` names every
 * field of 1.28, the oldest version that must take our objects. Names, labels, annotations and keys follow the API
 * server's own validation. A kind that the three do not know (a custom resource, MutatingAdmissionPolicy) is a
 * problem, so that nothing passes unseen.
 */
export function acceptedByKubernetes(object: unknown): string[] {
  // What travels is JSON: fields that are undefined do not exist there.
  const manifest: unknown = object === undefined ? undefined : JSON.parse(JSON.stringify(object));
  if (!isFields(manifest)) return ['is not an object'];
  const { apiVersion, kind } = manifest;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return ['has no apiVersion or no kind'];

  const schemaProblems = schemaCheck(apiVersion, kind);
  const type = `${capitalised(apiVersion.split('/').at(-1) ?? '')}${kind}`;
  if (!schemaProblems || !attributes(type))
    return [`${apiVersion} ${kind}: is not a built-in kind that is known here`];

  const problems = [
    ...schemaProblems(manifest),
    ...fieldProblems(manifest, type, ''),
    ...metadataProblems(manifest.metadata, kind),
  ];
  // The 1.28 types expect well-formed input, and would only repeat what is misspelt.
  return problems.length > 0 ? problems : unknownTo128(manifest, apiVersion, kind);
}

/** The OpenAPI schema of a kind, compiled by kubernetes-models, or undefined when it has no such kind. */
function schemaCheck(apiVersion: string, kind: string): ((manifest: Fields) => string[]) | undefined {
  if (!/^([a-z0-9][a-z0-9.-]*\/)?v\d[a-z0-9]*$/.test(apiVersion) || !/^[A-Za-z0-9]+$/.test(kind))
    return undefined;
  let exported: unknown;
  try {
    exported = require(`kubernetes-models/${apiVersion}/${kind}`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined;
    throw error;
  }
  const Model = isFields(exported) ? exported[kind] : undefined;
  if (!isModel(Model)) return undefined;
  return (manifest) => {
    try {
      new Model(manifest).validate();
      return [];
    } catch (error) {
      if (!isValidationError(error)) throw error;
      return error.errors.map(describeError);
    }
  };
}

type SchemaError = Pick<ErrorObject, 'instancePath' | 'keyword' | 'params' | 'message'>;

/** An error of ajv as `spec.ports[0].port: is required`, with the address of the field that it is about. */
export function describeError({ instancePath, keyword, params, message }: SchemaError): string {
  const at = instancePath
    .slice(1)
    .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
  if (keyword === 'required') return `${join(at, params.missingProperty)}: is required`;
  if (keyword === 'additionalProperties')
    return `${join(at, params.additionalProperty)}: is not a known field`;
  if (keyword === 'enum') return `${at}: must be one of ${params.allowedValues.join(', ')}`;
  return `${at}: ${message}`;
}

/** Unknown fields below `value`, and breaches of the rules that belong to single types. */
function fieldProblems(value: unknown, type: string, at: string): string[] {
  const item = /^Array<(.*)>$/.exec(type)?.[1];
  if (item !== undefined) {
    return Array.isArray(value)
      ? value.flatMap((child, index) => fieldProblems(child, item, `${at}[${index}]`))
      : [];
  }
  const entry = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (entry !== undefined) {
    return isFields(value)
      ? Object.entries(value).flatMap(([key, child]) => fieldProblems(child, entry, join(at, key)))
      : [];
  }
  const known = attributes(type);
  if (!known || !isFields(value)) return [];
  const below = Object.entries(value).flatMap(([key, child]) => {
    const childType = known.get(key);
    return childType === undefined
      ? [`${join(at, key)}: is not a field of ${type}`]
      : fieldProblems(child, childType, join(at, key));
  });
  return [...below, ...(typeRules[type]?.(value, at) ?? [])];
}

const attributesOf = new Map<string, Map<string, string> | undefined>();

/** Field name to type for a model of client-node; undefined for `string`, `any` and the like. */
function attributes(type: string): Map<string, string> | undefined {
  if (attributesOf.has(type)) return attributesOf.get(type);
  const model = (clientNode as Fields)[type];
  const list =
    typeof model === 'function' && 'getAttributeTypeMap' in model
      ? (model.getAttributeTypeMap as () => { baseName: string; type: string }[])()
      : undefined;
  attributesOf.set(type, list && new Map(list.map((attribute) => [attribute.baseName, attribute.type])));
  return attributesOf.get(type);
}

const kinds128 = new Map(
  Object.values(kubernetes128).flatMap((exported) =>
    typeof exported === 'function' && 'GVK' in exported
      ? [[`${exported.GVK.apiVersion} ${exported.GVK.kind}`, exported] as const]
      : [],
  ),
);

/** Fields that 1.34 knows and 1.28 does not: a 1.28 API server would drop them silently. */
function unknownTo128(manifest: Fields, apiVersion: string, kind: string): string[] {
  const model = kinds128.get(`${apiVersion} ${kind}`);
  if (!model) return [`${apiVersion} ${kind}: is not served by Kubernetes 1.28`];
  const kept: unknown = (model.manifest as (props: unknown) => unknown)(asProps(manifest));
  return lostFields(manifest, kept, '').map((at) => `${at}: is not a field in Kubernetes 1.28`);
}

/**
 * A manifest in the form that the 1.28 types read. They copy known fields and leave out the rest, but look for them
 * under jsii's spelling (`clusterIp`, `xKubernetesListType`), and look for `.value` or `.toISOString()` in some
 * scalars.
 */
function asProps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asProps);
  if (!isFields(value)) return { value, toISOString: () => value };
  const spelling = new Map(Object.keys(value).map((key) => [letters(key), key]));
  return new Proxy(value, {
    get: (target, name) => {
      if (typeof name !== 'string') return undefined;
      const key = Object.hasOwn(target, name) ? name : spelling.get(letters(name));
      return key === undefined ? undefined : asProps(target[key]);
    },
  });
}

function lostFields(value: unknown, kept: unknown, at: string): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((child, index) =>
      lostFields(child, Array.isArray(kept) ? kept[index] : undefined, `${at}[${index}]`),
    );
  }
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const childKept = isFields(kept) ? kept[key] : undefined;
    return childKept === undefined ? [join(at, key)] : lostFields(child, childKept, join(at, key));
  });
}

// The API server's own validation of names and keys (k8s.io/apimachinery/pkg/util/validation, pkg/apis/*/validation).

interface Grammar {
  readonly words: string;
  readonly pattern: RegExp;
  readonly longest: number;
}
const label: Grammar = { words: 'a DNS-1123 label', pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, longest: 63 };
const label1035: Grammar = {
  words: 'a DNS-1035 label',
  pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
  longest: 63,
};
const subdomain: Grammar = {
  words: 'a DNS-1123 subdomain',
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  longest: 253,
};
const pathSegment: Grammar = {
  words: 'one segment of a path',
  pattern: /^(?!\.{1,2}$)[^/%]+$/,
  longest: Infinity,
};
const qualifiedName: Grammar = {
  words: 'a qualified name',
  pattern: /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
  longest: 63,
};
const labelValue: Grammar = {
  words: 'a label value',
  pattern: /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/,
  longest: 63,
};
const dataKey: Grammar = {
  words: 'a key of a volume',
  pattern: /^(?!\.{1,2}$|\.\.)[-._a-zA-Z0-9]+$/,
  longest: 253,
};

const nameGrammars: Record<string, Grammar> = {
  Namespace: label,
  Service: label1035,
  // The API server puts the name into the pods' label `job-name`.
  Job: { ...subdomain, longest: 63 },
  // The controller adds 11 characters to name its Jobs.
  CronJob: { ...subdomain, longest: 52 },
  Role: pathSegment,
  RoleBinding: pathSegment,
  ClusterRole: pathSegment,
  ClusterRoleBinding: pathSegment,
};
const clusterScoped =
  /^(Namespace|Node|PersistentVolume|CustomResourceDefinition|APIService|Cluster.*|.*Class|.*AdmissionPolicy(Binding)?|.*WebhookConfiguration)$/;

/** The name and the namespace; labels and annotations are looked at wherever metadata stands. */
function metadataProblems(metadata: unknown, kind: string): string[] {
  if (!isFields(metadata)) return ['metadata: is missing'];
  const { name, generateName, namespace } = metadata;
  const named = name === undefined && typeof generateName === 'string';
  return [
    ...(named ? [] : breaches(name, nameGrammars[kind] ?? subdomain, 'metadata.name')),
    ...(namespace === undefined ? [] : breaches(namespace, label, 'metadata.namespace')),
    ...(namespace !== undefined && clusterScoped.test(kind)
      ? [`metadata.namespace: is not allowed on a ${kind}`]
      : []),
  ];
}

/** Rules of single types, wherever they stand in an object. */
const typeRules: Record<string, (value: Fields, at: string) => string[]> = {
  V1ObjectMeta: ({ labels, annotations }, at) => [
    ...labelProblems(labels, join(at, 'labels')),
    ...annotationProblems(annotations, join(at, 'annotations')),
  ],
  V1LabelSelector: ({ matchLabels }, at) => labelProblems(matchLabels, join(at, 'matchLabels')),
  V1LabelSelectorRequirement: ({ key, values }, at) => [
    ...keyProblems(key, join(at, 'key')),
    ...(Array.isArray(values)
      ? values.flatMap((value, index) => breaches(value, labelValue, `${join(at, 'values')}[${index}]`))
      : []),
  ],
  V1ConfigMap: dataProblems,
  V1Secret: dataProblems,
};

function labelProblems(labels: unknown, at: string): string[] {
  return entries(labels).flatMap(([key, value]) => [
    ...keyProblems(key, at),
    ...breaches(value, labelValue, join(at, key)),
  ]);
}

function annotationProblems(annotations: unknown, at: string): string[] {
  const keys = entries(annotations).flatMap(([key]) => keyProblems(key.toLowerCase(), at));
  return bytes(annotations) > 256 * 1024 ? [...keys, `${at}: are longer than 256 KiB together`] : keys;
}

function dataProblems({ data, binaryData }: Fields, at: string): string[] {
  const keys = [data, binaryData]
    .flatMap(entries)
    .flatMap(([key]) => breaches(key, dataKey, join(at, `data.${key}`)));
  const large =
    entries(data).reduce((sum, [, value]) => sum + Buffer.byteLength(String(value)), 0) > 1024 * 1024;
  return large ? [...keys, `${join(at, 'data')}: is longer than 1 MiB`] : keys;
}

/** `[prefix/]name`, the grammar of label and annotation keys. */
function keyProblems(key: unknown, at: string): string[] {
  if (typeof key !== 'string') return breaches(key, qualifiedName, at);
  const parts = key.split('/');
  const name = parts.pop();
  const prefix =
    parts.length === 0 ? [] : breaches(parts.join('/'), subdomain, `${at}: the prefix of ${key}`);
  return [
    ...prefix,
    ...breaches(name, qualifiedName, parts.length === 0 ? `${at}: ${key}` : `${at}: the name of ${key}`),
  ];
}

function breaches(value: unknown, { words, pattern, longest }: Grammar, at: string): string[] {
  if (typeof value !== 'string') return [`${at}: is ${value === undefined ? 'missing' : 'not a string'}`];
  if (value.length > longest) return [`${at}: is longer than ${longest} characters`];
  return pattern.test(value) ? [] : [`${at}: ${JSON.stringify(value)} is not ${words}`];
}

const entries = (value: unknown): [string, unknown][] => (isFields(value) ? Object.entries(value) : []);
const bytes = (map: unknown) =>
  entries(map).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isModel(value: unknown): value is new (data: Fields) => { validate(): void } {
  return typeof value === 'function' && 'apiVersion' in value;
}

function isValidationError(error: unknown): error is { errors: SchemaError[] } {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

const letters = (name: string) => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
const capitalised = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
const join = (at: string, key: string) => (at === '' ? key : `${at}.${key}`);
