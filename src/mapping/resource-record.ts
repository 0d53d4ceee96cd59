import { nameForMessage } from '../text/printable.ts';
import { mapEntry, valueAt, withState } from './map-entry.ts';
import type { RawRecord } from './raw-record.ts';
import type { SourceMapping } from './source-mapping.ts';

/** A kind of Kubernetes objects, as URLs name it, and which of them. */
export interface ListedKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** All namespaces when left out. */
  readonly namespace?: string | undefined;
  /** In the form of kubectl's `--selector`. */
  readonly labelSelector?: string | undefined;
}

/**
 * A Kubernetes object as a record. One that is being deleted says that its org leaves, whatever its state is.
 *
 * @param plural of its kind.
 * @param at its address in the source, where it has no name.
 */
export function resourceRecord(
  mapping: SourceMapping,
  { plural, at = plural }: { readonly plural: string; readonly at?: string },
  object: unknown,
): RawRecord {
  const { names } = mapping;
  const columns = withState(mapEntry(mapping, object));
  const name = textAt(object, 'metadata.name');
  if (name === undefined) return { at, columns, names };
  const namespace = textAt(object, 'metadata.namespace');
  const isDeleted = textAt(object, 'metadata.deletionTimestamp') !== undefined;
  return {
    at: `${plural}[${nameForMessage(namespace === undefined ? name : `${namespace}/${name}`)}]`,
    columns: isDeleted ? { ...(columns as object), state: 'deleting' } : columns,
    names,
    resource: { namespace, name },
  };
}

function textAt(object: unknown, path: string): string | undefined {
  const value =
    typeof object === 'object' && object !== null
      ? valueAt(object as Record<string, unknown>, path)
      : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
