import { isIP } from 'node:net';
import { columnAddress } from '../mapping/raw-record.ts';
import { expand } from '../platform/setting-template.ts';
import {
  credentialReference,
  type Derivation,
  inDuckling,
  isMisreadByServer,
  lookUp,
  objectName,
  settingsOfKind,
} from './derivation.ts';
import type { MetadataStore } from './metadata-store-inputs.ts';

/**
 * Derives the Postgres behind an org's catalog.
 *
 * @returns undefined when a value is missing or invalid; the derivation's problems then say which.
 */
export function deriveMetadataStore(derivation: Derivation): MetadataStore | undefined {
  const { record, platform, overrides, duckling, adopted } = derivation;
  const { kind } = record.metadataStore;
  const settings =
    overrides.metadataStore ??
    settingsOfKind(derivation, 'metadata_store_kind', kind, 'metadataStores', platform.metadataStores);
  if (settings === undefined) return undefined;
  const setting = overrides.metadataStore
    ? `orgs.${JSON.stringify(record.org)}.metadataStore`
    : `metadataStores.${kind}`;
  const host = lookUp(derivation, hostProblem, [
    [columnAddress(record, 'metadata_store_endpoint'), record.metadataStore.host],
    [inDuckling(derivation, 'status.metadataStore.endpoint'), duckling?.metadataStore.host],
    [`${setting}.host`, settings.host],
  ]);
  const common = {
    port: record.metadataStore.port ?? settings.port,
    sslMode: settings.sslMode,
    sslRootCertSecret: settings.sslRootCertSecret && {
      name: objectName(derivation, settings.sslRootCertSecret.name, `${setting}.sslRootCertSecret.name`),
      key: settings.sslRootCertSecret.key,
    },
  };
  if (settings.provisioning === 'admin') {
    const admin = {
      user: record.metadataStore.user ?? duckling?.metadataStore.user ?? settings.admin.user,
      database: record.metadataStore.database ?? duckling?.metadataStore.database ?? settings.admin.database,
      password: credentialReference(derivation, settings.admin.password, `${setting}.admin.password`),
    };
    if (host === undefined) return undefined;
    return {
      provisioning: 'admin',
      host,
      ...common,
      database: adopted.database,
      postgresRole: adopted.database,
      admin,
      ...(settings.passwords === 'plain' && { passwords: settings.passwords }),
    };
  }
  const { org, name, namespace, duckling: ducklingName } = derivation.values;
  const inPostgres = { org: org.replaceAll('-', '_'), name, namespace, duckling: ducklingName };
  const database = lookUp(derivation, databaseProblem, [
    [`orgs.${JSON.stringify(record.org)}.database`, overrides.database],
    [columnAddress(record, 'metadata_store_database_name'), record.metadataStore.database],
    [inDuckling(derivation, 'status.metadataStore.database'), duckling?.metadataStore.database],
    [`${setting}.database`, settings.database && expand(settings.database, inPostgres)],
  ]);
  const user = lookUp(derivation, databaseProblem, [
    [columnAddress(record, 'metadata_store_username'), record.metadataStore.user],
    [inDuckling(derivation, 'status.metadataStore.user'), duckling?.metadataStore.user],
    [`${setting}.user`, settings.user && expand(settings.user, inPostgres)],
  ]);
  const password = credentialReference(derivation, settings.password, `${setting}.password`);
  if (host === undefined || database === undefined || user === undefined) return undefined;
  return { provisioning: 'preProvisioned', host, ...common, database, user, password };
}

function hostProblem(host: string): string | undefined {
  if (/^[^:/@]+:[0-9]+$/.test(host)) return 'has a port in it; the port goes into metadata_store_port';
  const isName = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(host) && !host.includes('..');
  return isName || isIP(host) !== 0 ? undefined : 'is not a host name or an IP address';
}

function databaseProblem(name: string): string | undefined {
  if (/\p{Cc}/u.test(name) || Buffer.byteLength(name) > 63)
    return 'is not a name in Postgres: at most 63 bytes, no control characters';
  if (isMisreadByServer(name))
    return 'would be read as something else than text by the server; expected a name that begins with a letter';
  return undefined;
}
