import type { KubernetesClient, KubernetesObject } from '../../clients/kubernetes/kubernetes-client.ts';
import { isRefusedAs } from '../../clients/kubernetes/kubernetes-errors.ts';
import {
  namesInResource,
  type ResourceTarget,
  recordInResource,
  recordPatch,
} from '../../mapping/recorded-resource.ts';
import { resourceRecord } from '../../mapping/resource-record.ts';
import { sourceMapping } from '../../mapping/source-mapping.ts';
import { PermanentError } from '../../text/errors.ts';
import { readObject } from '../objects/cluster-objects.ts';
import type { Recorded } from './apply.ts';
import type { ObservedRow } from './observe.ts';
import { isClosed, reasonToStop } from './plan.ts';
import { differing, type RecordChanges } from './resource-changes.ts';

/** All that reads and writes the record of an org in its own resource. */

interface ObservedResource extends ObservedRow {
  readonly row: NonNullable<ObservedRow['row']>;
  readonly resourceVersion: string;
}

/** The org's resource; undefined when there is none, or it is that of another org by now. */
export async function readResource(
  client: KubernetesClient,
  target: ResourceTarget,
  org: string,
): Promise<ObservedResource | undefined> {
  const object = await readObject<KubernetesObject>(client, target, target);
  if (object === undefined) return undefined;
  const row = resourceRecord(sourceMapping(target.mapping), target, object);
  if ((row.columns as { org_id?: unknown }).org_id !== org) return undefined;
  return {
    row,
    record: recordInResource(object, target.place),
    resourceVersion: object.metadata.resourceVersion,
  };
}

/** How often a write begins again because another client wrote the resource in between. */
const maxConflicts = 5;

/**
 * Writes the record with one patch, only if something differs, and only over the version of the resource that was read:
 * when somebody wrote it in between, everything is read and decided again.
 *
 * @param gate what the resource has to say of its org: that it has a catalog, or that it has none.
 * @param changesOf decides what is written, from the record that is there.
 * @returns `closed` when the resource is gone, or says otherwise.
 * @throws PermanentError when the API server drops what was written.
 */
export async function writeResource(
  client: KubernetesClient,
  {
    target,
    org,
    gate,
  }: { readonly target: ResourceTarget; readonly org: string; readonly gate: 'open' | 'closed' },
  changesOf: (found: ObservedRow['record']) => RecordChanges,
): Promise<Recorded> {
  for (let conflicts = 0; ; conflicts += 1) {
    const observed = await readResource(client, target, org);
    const mayWrite =
      observed !== undefined &&
      (gate === 'open' ? reasonToStop(observed.row) === undefined : isClosed(observed.row));
    if (!mayWrite) return 'closed';
    const changes = differing(observed.record, changesOf(observed.record));
    if (Object.keys(changes).length === 0) return 'unchanged';
    const values = { ...changes, updated_at: new Date().toISOString() };
    const { namespace, name, place } = target;
    const patch = recordPatch(place, values, observed.resourceVersion);
    try {
      const written = await client.call({ verb: 'patch', resource: target, namespace, name, ...patch });
      refuseDropped(target, changes, recordInResource(written, place));
      return 'updated';
    } catch (error) {
      if (!isRefusedAs(error, 'conflict') || conflicts === maxConflicts) throw error;
    }
  }
}

/** A field that the schema of the resource lacks is dropped without an error. */
function refuseDropped(target: ResourceTarget, changes: RecordChanges, written: ObservedRow['record']): void {
  const [column] = Object.keys(differing(written, changes)) as (keyof RecordChanges)[];
  if (column === undefined) return;
  const { group, plural, namespace, name, place } = target;
  const path = namesInResource(place).get(column);
  throw new PermanentError(
    `${plural}.${group} ${namespace}/${name}: the API server dropped ${path}, so that nothing can be recorded ` +
      'there; add the field to the schema of the resource (its XRD or CRD), or set registration.record.resource to ' +
      'annotations',
  );
}
