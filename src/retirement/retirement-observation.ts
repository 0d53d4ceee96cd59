import type { ObservedServer } from '../registration/metadata-store/metadata-store.ts';
import type { SecretObject } from '../registration/objects/secret-objects.ts';

/** What a retirement is planned from. */
export interface RetirementObservation {
  /** The custom resource: the catalog runs until the operator has removed it. */
  readonly lakekeeper: 'gone' | 'deleting' | 'there';
  readonly record: ObservedRecord;
  /** Undefined when the store is pre-provisioned: nothing in it is changed. */
  readonly store: ObservedStore | undefined;
  readonly secret: SecretObject | undefined;
}

/** Where the retirement is recorded, and what is there. */
export interface ObservedRecord {
  /** Of the org's row. `none`: the warehouses come from a file. */
  readonly row: 'open' | 'closed' | 'gone' | 'none';
  /** The row, or the data of the ConfigMap where there is none; undefined when there is neither. */
  readonly found: Readonly<Record<string, unknown>> | undefined;
}

export interface ObservedStore {
  readonly server: ObservedServer;
  /** Number of sessions of the catalog's role. */
  readonly connections: number;
  readonly tables: ObservedTables;
}

/**
 * Number of tables and views that are registered in the catalog's database, those that were dropped and can be restored
 * included. `unseen`: not asked, or the admin may not connect to it yet. `unknown`: the database has tables, but not
 * the one that lists them.
 */
export type ObservedTables = number | 'unseen' | 'unknown';
