import { createHash } from 'node:crypto';
import type { KubernetesClient } from '../../clients/kubernetes/kubernetes-client.ts';
import { hasCode } from '../../clients/kubernetes/kubernetes-errors.ts';
import { resources } from './cluster-objects.ts';
import type { LakekeeperObject } from './operator-objects.ts';

export interface CatalogEvent {
  readonly type: 'Normal' | 'Warning';
  /** Machine-readable, `UpperCamelCase`. */
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  /** What follows the note, and is never cut off. */
  readonly nextStep?: string;
  readonly at: Date;
}

/** Tells an Event on the custom resource, for `kubectl describe`. */
export async function createEvent(
  client: KubernetesClient,
  regarding: LakekeeperObject,
  { type, reason, action, note, nextStep = '', at }: CatalogEvent,
): Promise<void> {
  const { namespace = '', name, uid, resourceVersion } = regarding.metadata;
  const { group, version } = resources.lakekeepers;
  // A fixed name: sending it again after a time-out does not tell it twice.
  const identity = createHash('sha256')
    .update([uid, reason, note, at.toISOString()].join('\n'))
    .digest('hex');
  const body = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${identity.slice(0, 16)}`, namespace },
    // A MicroTime: six digits.
    eventTime: at.toISOString().replace('Z', '000Z'),
    reportingController: 'lakekeeper-gitops/register',
    reportingInstance: 'lakekeeper-gitops',
    type,
    reason: reason.slice(0, 128),
    action: action.slice(0, 128),
    // Limit of the API: 1 kB, in bytes.
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
    if (!hasCode(error, 409)) throw error;
  }
}
