import type { ResourceTarget } from '../../mapping/recorded-resource.ts';
import { namesInResource } from '../../mapping/recorded-resource.ts';
import type { ObservedRow } from './observe.ts';
import { differingColumns, isRegisteredRecord, isUpToDate, reasonToStop } from './plan.ts';
import { failureChanges, successChanges } from './resource-changes.ts';
import type { Row, RowPorts } from './row.ts';
import { readResource, writeResource } from './write-resource.ts';

/** The row of an org that is a Kubernetes object, and has the record in itself. */
export function resourceRow(
  org: string,
  target: ResourceTarget,
  { sources: { kubernetes }, shutdownClient }: Pick<RowPorts, 'sources' | 'shutdownClient'>,
): Row {
  const written = { target, org, gate: 'open' } as const;
  const names = namesInResource(target.place);
  // Kept, so that an org in order needs one request.
  let observed: ObservedRow | undefined;
  return {
    reasonToStop: async () => {
      observed = await readResource(kubernetes, target, org);
      return reasonToStop(observed?.row);
    },
    recorded: async () => observed?.record,
    isUpToDate: async (record) => observed !== undefined && isUpToDate(observed, record),
    differences: async (record) => {
      const found = await readResource(kubernetes, target, org);
      return differingColumns(found?.record ?? {}, record).map((column) => names.get(column) ?? column);
    },
    recordSuccess: async (record) => {
      if (observed !== undefined && isUpToDate(observed, record)) return 'unchanged';
      return writeResource(kubernetes, written, (found) => successChanges(found, record));
    },
    recordFailure: async (failure) => {
      const wasRegistered = observed !== undefined && isRegisteredRecord(observed.record);
      return writeResource(shutdownClient, written, (found) => failureChanges(found, failure, wasRegistered));
    },
  };
}
