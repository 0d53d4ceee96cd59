import { orgKey, orgLabel } from '../catalog/names.ts';
import { withClient } from '../postgres/client.ts';
import { type Connection, parseConnection } from '../postgres/connection.ts';
import { explain, PermanentError, UsageError } from '../report/errors.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import { ensureConfigMap } from './adapters/kubernetes.ts';
import { readRow, recordFailure, recordSuccess } from './adapters/warehouse-row.ts';
import { resolveCredential } from './credentials.ts';
import type { RegistrationRecord } from './record.ts';
import { type Registration, register, type Through } from './register.ts';
import { reasonToStop } from './row-gate.ts';

/**
 * A registration with its row: looked at before, written after, whatever the end is.
 *
 * @returns one sentence that says what happened.
 * @throws what `register` throws, after the row says so too.
 */
export async function runJob(registration: Registration, through: Through): Promise<string> {
  const { org } = registration.inputs;
  const row = await openRow(registration);
  const stop = await row.reasonToStop();
  if (stop !== undefined) return `nothing was done for org ${JSON.stringify(org)}: ${stop}`;
  try {
    const record = await register(registration, through);
    if (record === undefined) return `the credentials of org ${JSON.stringify(org)} are in place`;
    const recorded = await row.recordSuccess(record);
    if (recorded === 'closed')
      return `org ${JSON.stringify(org)} is registered, but its row was disabled or deleted meanwhile and is left as it is`;
    return `org ${JSON.stringify(org)} is registered: ${record.iceberg_lakekeeper_endpoint}${recorded === 'unchanged' ? ' (nothing had changed)' : ''}`;
  } catch (error) {
    await row.recordFailure(error);
    throw error;
  }
}

/** The org's row, or what stands for it when the warehouses come from a file. */
interface Row {
  reasonToStop(): Promise<string | undefined>;
  recordSuccess(record: RegistrationRecord): Promise<'created' | 'updated' | 'unchanged' | 'closed'>;
  recordFailure(error: unknown): Promise<void>;
}

async function openRow({ inputs, sources, log }: Registration): Promise<Row> {
  const { target } = inputs.record;
  if ('configMap' in target) {
    const labels = {
      'app.kubernetes.io/part-of': 'lakekeeper-gitops',
      [orgKey]: orgLabel(inputs.org as OrgId),
    };
    return {
      reasonToStop: async () => undefined,
      recordSuccess: (record) =>
        ensureConfigMap(sources.kubernetes, target.configMap, {
          labels,
          annotations: { [orgKey]: inputs.org },
          data: { ...record },
        }),
      recordFailure: async () => {},
    };
  }
  const { url, ...table } = target.warehouseDatabase;
  const connection: Connection = parseConnection(await resolveCredential({ secret: url }, sources), {
    HOME: sources.environment.HOME,
  });
  return {
    reasonToStop: () =>
      withClient(connection, async (client) => reasonToStop(await readRow(client, table, inputs.org))),
    recordSuccess: (record) =>
      withClient(connection, (client) => recordSuccess(client, table, inputs.org, record)),
    recordFailure: async (error) => {
      const state =
        error instanceof PermanentError || error instanceof UsageError ? 'failed' : 'provisioning';
      const message = sources.redactions.apply(explain(error).replaceAll('\n', ' '));
      // The failure itself is what matters: that it could not be recorded is said beside it.
      await withClient(connection, (client) =>
        recordFailure(client, table, inputs.org, { state, message }),
      ).catch((cause: unknown) =>
        log.warn('could not record the failure in the row', { step: 'record', why: explain(cause) }),
      );
    },
  };
}
