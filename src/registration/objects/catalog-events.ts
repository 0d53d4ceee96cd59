import { createHash } from 'node:crypto';
import type { KubernetesClient } from '../../clients/kubernetes/kubernetes-client.ts';
import { isRefusedAs } from '../../clients/kubernetes/kubernetes-errors.ts';
import { resources } from './cluster-objects.ts';
import type { LakekeeperObject } from './operator-objects.ts';

export interface CatalogEvent {
  readonly type: 'Normal' | 'Warning';
  /** Machine-readable, `UpperCamelCase`. */
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  /** Appended to the note, and never truncated. */
  readonly nextStep?: string;
  readonly at: Date;
}

/** Creates an Event about the custom resource, for `kubectl describe`. */
export async function createEvent(
  client: KubernetesClient,
  regarding: LakekeeperObject,
  { type, reason, action, note, nextStep = '', at }: CatalogEvent,
): Promise<void> {
  const { namespace = '', name, uid, resourceVersion } = regarding.metadata;
  const { group, version } = resources.lakekeepers;
  // The name is derived, so that a repeated request does not create a second Event.
  const identity = createHash('sha256')
    .update([uid, reason, note, at.toISOString()].join('\n'))
    .digest('hex');
  const body = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${identity.slice(0, 16)}`, namespace },
    // A MicroTime has six digits after the second.
    eventTime: at.toISOString().replace('Z', '000Z'),
    reportingController: 'lakekeeper-gitops/register',
    reportingInstance: 'lakekeeper-gitops',
    type,
    reason: reason.slice(0, 128),
    action: action.slice(0, 128),
    // The API's limit is 1024 bytes.
    note:
      Buffer.from(note)
        .subarray(0, 1020 - Buffer.byteLength(nextStep))
        .toString('utf8')
        .replace(/\uFFFD$/, '') + nextStep,
    regarding: {
      apiVersion: `${group}/${version}`,
      kind: 'Lakekeeper',
      namespace,
      name,
      uid,
      resourceVersion,
    },
  };
  try {
    await client.call({ verb: 'create', resource: resources.events, namespace, body });
  } catch (error) {
    if (!isRefusedAs(error, 'conflict')) throw error;
  }
}
