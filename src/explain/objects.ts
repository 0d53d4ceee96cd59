import { parseAllDocuments } from 'yaml';
import { isMapping } from '../text/is-mapping.ts';

/** A committed Kubernetes object. Only its type and name are validated. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, unknown>>;
    readonly annotations?: Readonly<Record<string, unknown>>;
  };
  readonly [field: string]: unknown;
}

/** Objects, and whether a document was not an object. */
export interface Objects {
  readonly objects: readonly KubernetesObject[];
  readonly unreadable: boolean;
}

/**
 * Splits a file into documents, without the comments at its top. A line of three hyphens always separates documents:
 * block scalars are indented, and quoted scalars must not have such a line.
 */
export function documentsOf(file: string): string[] {
  return file.replace(/^(#.*\n)+/, '').split(/^---\n/m);
}

/** Parses documents as Kubernetes does: YAML 1.1. */
export function readObjects(documents: readonly string[]): Objects {
  const read = documents.map(readDocument);
  return {
    objects: read.flatMap(({ objects }) => objects),
    unreadable: read.some(({ unreadable }) => unreadable),
  };
}

function readDocument(text: string): Objects {
  const documents = parseAllDocuments(text, { version: '1.1', logLevel: 'silent' });
  const objects: KubernetesObject[] = [];
  let unreadable = false;
  for (const document of documents) {
    const content = 'errors' in document && document.errors.length === 0 ? contentOf(document) : undefined;
    if (isObject(content)) objects.push(content);
    else if (content !== null) unreadable = true;
  }
  return { objects, unreadable };
}

/** @returns undefined for a document that cannot be resolved, for example one with too many aliases. */
function contentOf(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}

function isObject(content: unknown): content is KubernetesObject {
  const { apiVersion, kind, metadata } = mapping(content);
  return (
    typeof apiVersion === 'string' && typeof kind === 'string' && typeof mapping(metadata).name === 'string'
  );
}

/** The value if it is a mapping, otherwise an empty mapping. */
export function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return isMapping(value) ? value : {};
}

/** The value at a path, such as `spec.database.postgres` or a list of keys; undefined if there is none. */
export function at(object: unknown, path: string | readonly string[]): unknown {
  let value = object;
  for (const key of typeof path === 'string' ? path.split('.') : path) {
    const within = mapping(value);
    value = Object.hasOwn(within, key) ? within[key] : undefined;
  }
  return value;
}

/** The value at a path as text; undefined if it is missing, or no string, number or boolean. */
export function textAt(object: unknown, path: string): string | undefined {
  const value = at(object, path);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** Identity of an object in a cluster: group, kind, namespace and name. */
export function identityOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return JSON.stringify([group, kind, metadata.namespace ?? '', metadata.name]);
}
