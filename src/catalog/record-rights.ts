import type { Catalog } from './catalog.ts';

/** A rule of a Kubernetes Role. */
export interface Right {
  readonly namespace: string;
  readonly apiGroup: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Absent for `create`, which RBAC cannot limit by name. */
  readonly names?: readonly string[];
}

/** The rights to write the record into the resource of the org; none when the record is elsewhere. */
export function recordRights(record: Catalog['record']): Right[] {
  if (!('resource' in record)) return [];
  const { namespace, group: apiGroup, plural, name, place } = record.resource;
  const of = (resource: string, ...verbs: string[]): Right => ({
    namespace,
    apiGroup,
    resource,
    verbs,
    names: [name],
  });
  return place === 'annotations'
    ? [of(plural, 'get', 'patch')]
    : [of(plural, 'get'), of(`${plural}/status`, 'patch')];
}
