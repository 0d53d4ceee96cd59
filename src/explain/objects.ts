import { parseAllDocuments } from 'yaml';

/** A Kubernetes object as it is committed: only what makes it one is certain. */
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

/** Objects, and whether there was something beside them that is none. */
export interface Objects {
  readonly objects: readonly KubernetesObject[];
  readonly unreadable: boolean;
}

/**
 * The documents of a file, as texts, without the comments at its top. A line of three hyphens ends one wherever it
 * stands: block scalars are indented, and quoted ones may not hold it.
 */
export function documentsOf(file: string): string[] {
  return file.replace(/^(#.*\n)+/, '').split(/^---\n/m);
}

/** The objects of some documents, read as Kubernetes reads YAML: version 1.1. */
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

/** @returns undefined for what cannot be resolved, such as more aliases than anybody writes. */
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

/** The value as a mapping; an empty one when it is none. */
export function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/**
 * What stands at a path of an object, `spec.database.postgres`, or the names on the way; undefined when nothing does.
 */
export function at(object: unknown, path: string | readonly string[]): unknown {
  let value = object;
  for (const key of typeof path === 'string' ? path.split('.') : path) {
    const within = mapping(value);
    value = Object.hasOwn(within, key) ? within[key] : undefined;
  }
  return value;
}

/** The same as a text; undefined when it is missing, or neither text, number nor truth. */
export function textAt(object: unknown, path: string): string | undefined {
  const value = at(object, path);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** What tells an object from all others of a cluster, but for the version of its API. */
export function identityOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return JSON.stringify([group, kind, metadata.namespace ?? '', metadata.name]);
}
