import { secretKeys } from '../../catalog/catalog.ts';
import type { RegistrationInputs } from '../../catalog/registration-inputs.ts';
import type { recordColumns } from '../../mapping/record-columns.ts';

/**
 * The values that registration writes into the org's row after the catalog was verified
 * (docs/facts/duckgres-warehouse-row.md §3.3). Without authentication, the token endpoint is an empty text, which
 * clears a former one.
 *
 * @param tokenEndpoint the URL where sessions get a token; another one than that of the settings while those are not
 * to be written yet.
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
    // Spelled as the control plane's ORM derives it (incident 25).
    iceberg_lakekeeper_o_auth2_server_uri: tokenEndpoint,
    iceberg_lakekeeper_client_credentials_namespace: catalog.namespace,
    iceberg_lakekeeper_client_credentials_name: catalog.name,
    iceberg_lakekeeper_client_credentials_key: secretKeys.oauthClientSecret,
    // Engines need a region for S3 only. Otherwise a former one is cleared.
    iceberg_region: 'region' in lakekeeperWarehouse.dataStore ? lakekeeperWarehouse.dataStore.region : '',
    iceberg_state: 'ready',
  };
}

export type RegistrationRecord = Readonly<Record<(typeof recordColumns)[number], string>>;

/** The failure of a registration, for the control plane. */
export interface RegistrationFailure {
  /**
   * For an org that is not registered yet: `failed` if a retry cannot help, else `provisioning`. A registered org
   * stays `ready`.
   */
  readonly state: 'failed' | 'provisioning';
  /** One sentence without credentials. Truncated to the length of the column. */
  readonly message: string;
  /** Appended to the message, and never truncated. */
  readonly nextStep?: string;
}
