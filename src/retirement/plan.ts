import { secretKeys } from '../catalog/catalog.ts';
import { recordName } from '../catalog/names.ts';
import { retiredLabel } from '../catalog/object-labels.ts';
import { isStoreDeleted, type RetirementInputs } from '../catalog/retirement-inputs.ts';
import type { ObjectAddress } from '../clients/kubernetes/kubernetes-client.ts';
import type { ServerAction } from '../registration/metadata-store/metadata-store.ts';
import {
  expectedDatabase,
  planMembership,
  refuseAttributes,
  refuseClosedDatabase,
  refuseWrongNames,
} from '../registration/metadata-store/plan.ts';
import type { SecretObject } from '../registration/objects/secret-objects.ts';
import {
  type RetirementRecord,
  recordOfRetirement,
  saysRetirement,
} from '../registration/row/retirement-record.ts';
import { PermanentError } from '../text/errors.ts';
import { nameForMessage as name } from '../text/printable.ts';
import { remains } from './remains.ts';
import type { ObservedStore, ObservedTables, RetirementObservation } from './retirement-observation.ts';

export type RetirementAction =
  | { readonly kind: 'onServer'; readonly action: ServerAction }
  | { readonly kind: 'labelSecret' }
  | { readonly kind: 'deleteSecret' }
  | { readonly kind: 'writeRecord'; readonly to: 'row' | ObjectAddress; readonly record: RetirementRecord };

export type RetirementPlan =
  /**
   * In this order; none: the org is retired. `remains`: what is left of it then, in words. `note`: why more will be
   * planned once these are done.
   */
  | {
      readonly kind: 'act';
      readonly actions: readonly RetirementAction[];
      readonly remains: string;
      readonly note?: string;
    }
  /** The org is not to be retired any more. */
  | { readonly kind: 'stop'; readonly reason: string }
  /** For something that others do. */
  | { readonly kind: 'wait'; readonly for: string };

type AdminStore = Extract<RetirementInputs['registration']['metadataStore'], { provisioning: 'admin' }>;

/**
 * What to do to retire an org, from what is there. Pure. The database is dropped before the Secret, which has the
 * only key to what is in it, and the record comes last.
 *
 * @throws PermanentError when a person has to decide: tables are registered, or what is there is somebody else's.
 */
export function planRetirement(observed: RetirementObservation, inputs: RetirementInputs): RetirementPlan {
  const { lakekeeper, record, store } = observed;
  if (record.row === 'open') return { kind: 'stop', reason: 'its row was enabled again' };
  if (lakekeeper !== 'gone') return { kind: 'wait', for: awaitedRemoval(lakekeeper, inputs) };
  const { metadataStore } = inputs.registration;
  const isAdmin = metadataStore.provisioning === 'admin' && store !== undefined;
  const { actions, isUnseen } = isAdmin ? planStore(store, metadataStore, inputs) : nothing;
  const onServer = actions.map((action) => ({ kind: 'onServer', action }) as const);
  const left = remains(inputs, observed);
  const first = { kind: 'act', actions: onServer, remains: left } as const;
  if (isUnseen) return { ...first, note: 'then it is seen whether tables are registered' };
  if (isStoreDeleted(inputs) && observed.secret?.metadata.deletionTimestamp !== undefined) {
    const awaited = awaitedDeletion(observed.secret, inputs);
    return actions.length === 0 ? { kind: 'wait', for: awaited } : { ...first, note: awaited };
  }
  return {
    ...first,
    actions: [...onServer, ...planSecret(observed, inputs), ...planRecord(observed, inputs, left)],
  };
}

/** Whether an action keeps the catalog out: what it leaves behind is observed again before anything is deleted. */
export function isClosing({ kind }: ServerAction): boolean {
  return kind === 'disableLogin' || kind === 'grantRoleToAdmin' || kind === 'endConnections';
}

interface StorePlan {
  readonly actions: readonly ServerAction[];
  /** Whether it is not seen yet what the database holds, so that nothing can be said about it. */
  readonly isUnseen: boolean;
}

const nothing: StorePlan = { actions: [], isUnseen: false };

function planStore(observed: ObservedStore, names: AdminStore, inputs: RetirementInputs): StorePlan {
  const { role, database } = observed.server;
  const { postgresRole } = names;
  refuseWrongNames(names, observed.server);
  if (role !== undefined) refuseAttributes(postgresRole, role);
  const isDropped = inputs.policy === 'delete' && database !== undefined;
  if (isDropped && database.owner !== postgresRole)
    throw expectedDatabase(
      names.database,
      `to be owned by ${name(postgresRole)}, so that it is dropped with it`,
      `owner ${name(database.owner)}`,
    );
  const closing = planClosing(observed, names, isDropped);
  if (inputs.policy === 'retain') return { actions: closing, isUnseen: false };
  // Nobody can connect to an invalid database, which an interrupted DROP DATABASE left.
  if (isDropped && !inputs.evenWithTables && database.state !== 'invalid') {
    refuseClosedDatabase(names.database, database);
    if (observed.tables === 'unseen' && closing.length > 0) return { actions: closing, isUnseen: true };
    refuseTables(observed.tables, names, inputs);
  }
  return {
    actions: [
      ...closing,
      ...(isDropped ? [{ kind: 'dropDatabase', database: names.database } as const] : []),
      ...(role === undefined ? [] : [{ kind: 'dropRole', postgresRole } as const]),
    ],
    isUnseen: false,
  };
}

/** The login first, so that no connection comes back. */
function planClosing(
  { server, connections }: ObservedStore,
  { postgresRole }: AdminStore,
  isDropped: boolean,
): ServerAction[] {
  const { role } = server;
  if (role === undefined) return [];
  const isConnected = connections > 0;
  return [
    ...(role.canLogin ? [{ kind: 'disableLogin', postgresRole } as const] : []),
    ...(isConnected || isDropped ? planMembership({ postgresRole }, { server }) : []),
    ...(isConnected ? [{ kind: 'endConnections', postgresRole } as const] : []),
  ];
}

function refuseTables(
  tables: ObservedTables,
  { database }: AdminStore,
  { registration }: RetirementInputs,
): void {
  if (tables === 0) return;
  if (tables === 'unseen')
    throw new PermanentError(
      `the admin of the metadata store may not connect to the database ${name(database)}, to see whether tables are ` +
        'registered in it; grant it CONNECT',
    );
  const seen =
    tables === 'unknown'
      ? 'has tables, but not the list of them that a Lakekeeper of a known version has'
      : `has ${tables} registered ${tables === 1 ? 'table or view' : 'tables and views'}`;
  const org = JSON.stringify(registration.org);
  throw new PermanentError(
    `the database ${name(database)} ${seen}, so that nothing was dropped. Drop the tables first (enable the org ` +
      `again for it), name ${org} in retirement.evenWithTables of the platform settings, or set its policy to retain`,
  );
}

function planSecret({ secret }: RetirementObservation, inputs: RetirementInputs): RetirementAction[] {
  if (secret === undefined) return [];
  if (isStoreDeleted(inputs)) return [{ kind: 'deleteSecret' }];
  const isLabelled = secret.metadata.labels?.[retiredLabel] !== undefined;
  const lacksPassword = takenKeys(inputs).every((key) => secret.data?.[key] === undefined);
  return isLabelled && lacksPassword ? [] : [{ kind: 'labelSecret' }];
}

/**
 * Keys that are taken from the Secret of an org that is retained. Of one that comes back, the operator would start at
 * once, and its migration fail with a role that cannot log in: without the key it waits (docs/facts/lakekeeper-crd.md
 * §6), and registration adds it once the role can.
 */
export function takenKeys({ registration }: RetirementInputs): readonly string[] {
  return registration.metadataStore.provisioning === 'admin' ? [secretKeys.password] : [];
}

function planRecord(
  { record: { row, found } }: RetirementObservation,
  inputs: RetirementInputs,
  left: string,
): RetirementAction[] {
  const record = recordOfRetirement(left);
  if (saysRetirement(found, record)) return [];
  return [{ kind: 'writeRecord', to: row === 'closed' ? 'row' : recordAddress(inputs), record }];
}

/** Of the ConfigMap that has the record where no row has it. */
export function recordAddress({ registration }: RetirementInputs): ObjectAddress {
  const { catalog, record } = registration;
  if ('configMap' in record.target) return record.target.configMap;
  return { namespace: catalog.namespace, name: recordName(catalog.name) };
}

function awaitedRemoval(lakekeeper: 'deleting' | 'there', { registration }: RetirementInputs): string {
  const { namespace, name: catalog } = registration.catalog;
  const resource = `the Lakekeeper resource ${namespace}/${catalog}`;
  if (lakekeeper === 'deleting')
    return `${resource} is being deleted: the operator takes off its finalizer; check that the operator runs`;
  return (
    `${resource} is still there, so that nothing was changed: confirm its removal in Argo CD ("Confirm Pruning"), or ` +
    `without Argo CD run: kubectl -n ${namespace} delete lakekeeper ${catalog}`
  );
}

function awaitedDeletion({ metadata }: SecretObject, { registration }: RetirementInputs): string {
  const { namespace, name: catalog } = registration.catalog;
  return (
    `the Secret ${namespace}/${catalog} is being deleted, and stays until its finalizers ` +
    `(${(metadata.finalizers ?? []).join(', ')}) are taken off: check the controller that set them`
  );
}
