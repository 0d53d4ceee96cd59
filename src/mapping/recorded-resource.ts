import { nameForMessage } from '../text/printable.ts';
import { valueAt } from './map-entry.ts';
import { type RecordColumn, type RecordField, recordFieldNames, recordFields } from './record-columns.ts';
import { recordedColumns } from './record-table.ts';
import type { ListedKind } from './resource-record.ts';
import type { MappingSettings, SourceMapping } from './source-mapping.ts';

/** Where a Kubernetes object has the record of its org: in annotations, or in a field of its status. */
export type RecordPlace = 'annotations' | { readonly status: string };

/** An object that registration writes, as its inputs describe it. */
export interface ResourceTarget extends Pick<ListedKind, 'group' | 'version' | 'plural'> {
  readonly namespace: string;
  readonly name: string;
  readonly mapping: MappingSettings;
  readonly place: RecordPlace;
}

/** Of the annotations, which have the names of the fields in settings. */
const annotationPrefix = 'lakekeeper-gitops/';

/** A field that is always the same is not recorded. */
const fieldsOfResource = recordFieldNames.filter((field) => field !== 'icebergBackend');

/** The path of each recorded column in an object, and its key in the annotations or the field of the status. */
function pathsIn(place: RecordPlace): Map<RecordColumn, { readonly key: string; readonly path: string }> {
  const of = (field: RecordField) =>
    place === 'annotations'
      ? { key: `${annotationPrefix}${field}`, path: `metadata.annotations.${annotationPrefix}${field}` }
      : { key: field, path: `status.${place.status}.${field}` };
  return new Map(fieldsOfResource.map((field) => [recordFields[field], of(field)]));
}

/** Names of the columns of a record in messages. */
export function namesInResource(place: RecordPlace): ReadonlyMap<RecordColumn, string> {
  return new Map([...pathsIn(place)].map(([column, { path }]) => [column, path]));
}

/** The record in an object, by column; null for what it does not have. */
export function recordInResource(
  object: unknown,
  place: RecordPlace,
): Readonly<Partial<Record<RecordColumn, string | null>>> {
  const textAt = (path: string) => {
    const value = valueAt(object as Record<string, unknown>, path);
    return typeof value === 'string' ? value : null;
  };
  const read = [...pathsIn(place)].filter(([column]) => column !== 'updated_at');
  return Object.fromEntries(read.map(([column, { path }]) => [column, textAt(path)]));
}

/** A merge patch that writes columns of a record, but only over the version that was read. */
export function recordPatch(
  place: RecordPlace,
  values: Readonly<Partial<Record<RecordColumn, string | null>>>,
  resourceVersion: string,
): { readonly body: object; readonly subresource?: 'status' } {
  const paths = pathsIn(place);
  const written = Object.fromEntries(
    Object.entries(values).map(([column, value]) => [paths.get(column as RecordColumn)?.key, value]),
  );
  return place === 'annotations'
    ? { body: { metadata: { resourceVersion, annotations: written } } }
    : { body: { metadata: { resourceVersion }, status: { [place.status]: written } }, subresource: 'status' };
}

/** The mapping with which objects are read that have the record: fields that it lacks come from there. */
export function withRecordInResource(mapping: SourceMapping, place: RecordPlace): SourceMapping {
  const sources = new Map(mapping.sources);
  const names = { ...mapping.names };
  const inherited = new Set(mapping.inherited);
  const paths = pathsIn(place);
  for (const column of recordedColumns) {
    const path = paths.get(column)?.path;
    if (path === undefined || sources.has(column)) continue;
    sources.set(column, { column: path });
    names[column] = nameForMessage(path);
    // An org that is new has none.
    inherited.add(column);
  }
  return { sources, inherited, names };
}
