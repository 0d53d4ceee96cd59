import { oauthScope } from '../../catalog/derive.ts';
import { columnAddress, type WarehouseColumn } from '../../mapping/raw-record.ts';
import type { Platform } from '../../platform/platform-settings.ts';
import type { WarehouseRecord } from '../../source/warehouse-record.ts';
import { UsageError } from '../../text/errors.ts';
import { isPrintable } from '../../text/printable.ts';

/** The values that an engine needs to attach an org's catalog. Registration wrote them to the org's row. */
export interface Attachment {
  readonly org: string;
  readonly catalogEndpoint: string;
  readonly lakekeeperWarehouse: string;
  /** How the engine logs in; undefined without authentication. */
  readonly login:
    | {
        readonly clientId: string;
        readonly serverURI: string;
        /** `authentication.scope` of the settings; undefined when none is asked for. */
        readonly scope: string | undefined;
      }
    | undefined;
}

/**
 * Reads the attachment from the org's record.
 *
 * @param platform where the scope is; without it none is asked for.
 * @throws UsageError when the org is not registered, or its row is incomplete.
 */
export function attachment(record: WarehouseRecord, platform?: Platform): Attachment {
  const { org, recorded, icebergEnabled, at } = record;
  const column = (name: WarehouseColumn) => columnAddress(record, name);
  const scope = platform && oauthScope(record, platform);
  const named = `org ${JSON.stringify(org)}`;
  const {
    endpoint: catalogEndpoint,
    lakekeeperWarehouse,
    oauthServerURI: serverURI,
    oauthClientId: clientId,
  } = recorded;
  if (catalogEndpoint === undefined) {
    const remedy = icebergEnabled
      ? '; run register --org, or read the log of its registration Job'
      : ', and Iceberg is not enabled for it';
    throw new UsageError(
      `${named} is not registered: ${column('iceberg_lakekeeper_endpoint')} is empty${remedy}`,
    );
  }
  if (lakekeeperWarehouse === undefined)
    throw new UsageError(
      `${named} is only partly registered: ${column('iceberg_lakekeeper_warehouse')} is empty; run register --org`,
    );
  if (serverURI !== undefined && clientId === undefined)
    throw new UsageError(
      `${named} has a token endpoint but no client: ${column('iceberg_lakekeeper_client_id')} is empty; ` +
        'run register --org',
    );
  const login =
    serverURI === undefined || clientId === undefined ? undefined : { clientId, serverURI, scope };
  for (const value of [catalogEndpoint, lakekeeperWarehouse, clientId ?? '', serverURI ?? ''])
    if (!isPrintable(value))
      throw new UsageError(`${at}: ${JSON.stringify(value)} has invisible characters; correct the row`);
  return { org, catalogEndpoint, lakekeeperWarehouse, login };
}
