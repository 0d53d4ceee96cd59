import { secretKeys } from '../../catalog/catalog.ts';
import type { RegistrationInputs } from '../../catalog/registration-inputs.ts';
import type { recordColumns } from '../../mapping/record-columns.ts';

/**
 * The values that registration writes into the org's row after the proof (docs/facts/duckgres-warehouse-row.md §3.3).
 * Without authentication, the token endpoint is written as an empty text, so that a former one is cleared.
 *
 * @param tokenEndpoint where sessions get a token, while the settings' one is not to be written yet.
 */
export function recordOfRegistration(
  { catalog, lakekeeperWarehouse, record }: RegistrationInputs,
  tokenEndpoint: string = record.oauthServerURI,
): RegistrationRecord {
  return {
    iceberg_backend: 'lakekeeper',
    iceberg_lakekeeper_endpoint: catalog.catalogEndpoint,
    iceberg_lakekeeper_warehouse: lakekeeperWarehouse.name,
    iceberg_lakekeeper_client_id: record.oauthClientId,
    // The control plane's ORM splits the acronym (incident 25).
    iceberg_lakekeeper_o_auth2_server_uri: tokenEndpoint,
    iceberg_lakekeeper_client_credentials_namespace: catalog.namespace,
    iceberg_lakekeeper_client_credentials_name: catalog.name,
    iceberg_lakekeeper_client_credentials_key: secretKeys.oauthClientSecret,
    // Only S3 has one that engines need; a former one is cleared.
    iceberg_region: 'region' in lakekeeperWarehouse.dataStore ? lakekeeperWarehouse.dataStore.region : '',
    iceberg_state: 'ready',
  };
}

export type RegistrationRecord = Readonly<Record<(typeof recordColumns)[number], string>>;

/** How registration failed, for the control plane to see. */
export interface RegistrationFailure {
  /**
   * Of an org that is not registered yet: `failed` when trying again cannot help, else `provisioning`. One that
   * is registered stays `ready`.
   */
  readonly state: 'failed' | 'provisioning';
  /** One sentence, without credentials; cut to what the column holds. */
  readonly message: string;
  /** What follows the message, and is never cut off. */
  readonly nextStep?: string;
}
