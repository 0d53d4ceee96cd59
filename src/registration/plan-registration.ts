import { lakekeeperErrorIn } from '../clients/lakekeeper/lakekeeper-errors.ts';
import type { Connection } from '../clients/postgres/connection.ts';
import { explain, PermanentError } from '../text/errors.ts';
import type { RegistrationAction } from './actions.ts';
import { prepareServerChange } from './authentication/authentication-hook.ts';
import { observeRecord } from './authentication/observe-rollout.ts';
import { planBootstrap } from './catalog/bootstrap/plan.ts';
import {
  catalogAddress,
  expectedCatalog,
  hasAuthentication,
  openLakekeeper,
  settledCriteria,
  type VerifiedServer,
  verifiedServer,
  wantedWarehouse,
  warehouseAction,
  warehouseForServer,
  warehousePorts,
} from './catalog/ensure-catalog.ts';
import { mustNotePods, podsAction } from './catalog/note-pods.ts';
import { observeConfig, observeServer } from './catalog/proof/observe.ts';
import { verifyCatalog } from './catalog/proof/verify-catalog.ts';
import { observeCatalog } from './catalog/roll-out/observe.ts';
import { planCatalog as planRollOut } from './catalog/roll-out/plan.ts';
import { desiredWarehouse } from './catalog/warehouse/ensure-warehouse.ts';
import { observeWarehouse } from './catalog/warehouse/observe.ts';
import { planWarehouse } from './catalog/warehouse/plan.ts';
import { loginToMetadataStore } from './metadata-store/admin-connection.ts';
import type { SecretObject } from './objects/secret-objects.ts';
import type { Registration, Until } from './registration.ts';
import { noteAction } from './secret/ensure-credentials.ts';
import { planCredentials } from './secret/plan-credentials.ts';
import { planNote } from './secret/start-values.ts';

/** What a run would do, as far as it is known before its first step. */
export interface RegistrationPlan {
  readonly actions: readonly RegistrationAction[];
  /** Why it would stop without doing anything. */
  readonly stop?: string;
  /** What is not known yet. */
  readonly notes: readonly string[];
}

/**
 * The actions of `register`, in its order. Takes no lock and writes nothing.
 *
 * @throws as `register`, as far as it is known.
 */
export async function planRegistration(registration: Registration, until: Until): Promise<RegistrationPlan> {
  const { inputs, sources, row, signal } = registration;
  const stop = await row.reasonToStop();
  if (stop !== undefined) return { actions: [], stop, notes: [] };
  if (until === 'authentication') {
    if (hasAuthentication(registration)) await prepareServerChange(registration);
    return { actions: [], notes: [] };
  }
  const store = await loginToMetadataStore(inputs, sources, signal);
  const credentials = await planWithNote(registration, store);
  if (until === 'credentials') return { actions: credentials.actions, notes: [] };
  const catalog = await planCatalog(registration, credentials);
  const { record, stage } = await observeRecord(registration, catalog.server);
  const columns = await row.differences(record);
  const waits = stage.waitsFor === undefined ? [] : [`authentication waits for ${stage.waitsFor}`];
  const recorded: RegistrationAction[] =
    columns.length === 0 ? [] : [{ kind: 'writeRecord', object: inputs.org, detail: columns.join(', ') }];
  const notes = [...catalog.notes, ...waits];
  return { actions: [...credentials.actions, ...catalog.actions, ...recorded], notes };
}

interface Credentials {
  readonly actions: readonly RegistrationAction[];
  /** The org's current Secret. */
  readonly secret: SecretObject | undefined;
  /** When the values of pods would have changed last, in milliseconds since 1970. */
  readonly startValuesChangedAt: number;
}

async function planWithNote(registration: Registration, store: Connection): Promise<Credentials> {
  const { actions, observed, secret } = await planCredentials(registration, store);
  const { isNoted, changedAt } = planNote(observed.values, secret, Date.now());
  return {
    actions: isNoted ? [...actions, noteAction(registration)] : actions,
    secret: observed.values.secret,
    startValuesChangedAt: changedAt,
  };
}

interface CatalogPlan {
  readonly actions: RegistrationAction[];
  readonly notes: string[];
  /** As observed; as expected, if it cannot be observed yet. */
  readonly server: VerifiedServer;
}

async function planCatalog(registration: Registration, credentials: Credentials): Promise<CatalogPlan> {
  const { inputs, sources } = registration;
  const address = catalogAddress(registration);
  const { name } = inputs.lakekeeperWarehouse;
  const object = `${address.namespace}/${address.name}`;
  const criteria = settledCriteria(registration, credentials.startValuesChangedAt);
  const rollOut = await observeCatalog(sources.kubernetes, address);
  const step = planRollOut(rollOut, criteria);
  const expected = expectedCatalog(registration, rollOut.lakekeeper, await registration.row.recorded());
  const awaited = hasAuthentication(registration) ? 'enforces' : 'open';
  if (step.kind === 'fail') throw new PermanentError(step.message);
  const isReady = credentials.actions.every(({ kind }) => kind === 'noteChange');
  if (!isReady || step.kind !== 'settled') {
    const actions: RegistrationAction[] = [{ kind: 'awaitCatalog', object }];
    if (step.kind === 'replacePod') actions.unshift({ kind: 'replacePods', object });
    if (step.kind === 'requestReconcile') actions.unshift({ kind: 'requestReconcile', object });
    return {
      actions,
      notes: [`the Lakekeeper warehouse ${name} and the proof can be planned once the catalog is up`],
      server: awaited,
    };
  }
  const noted =
    credentials.secret !== undefined && mustNotePods(credentials.secret, rollOut.deployment, criteria)
      ? [podsAction(registration)]
      : [];
  const resolved = await wantedWarehouse(registration);
  const lakekeeper = openLakekeeper(registration);
  try {
    const server = await observeServer(lakekeeper, { asksWithToken: hasAuthentication(registration) });
    verifyCatalog(expected, server);
    if (planBootstrap(server.info, hasAuthentication(registration)) !== 'nobody')
      return {
        actions: [
          ...noted,
          { kind: 'bootstrapServer', object: inputs.catalog.serverURL },
          { kind: 'createWarehouse', object: name },
        ],
        notes: [],
        server: verifiedServer(server),
      };
    const wanted = warehouseForServer(resolved, server);
    const ports = warehousePorts(registration, lakekeeper);
    const found = await observeWarehouse(wanted, ports);
    const actions = planWarehouse(desiredWarehouse(wanted), found);
    const { warehouse } = found;
    if (warehouse?.isActive) {
      const config = await observeConfig(lakekeeper, warehouse.name);
      verifyCatalog(expected, { ...server, warehouse, config });
    }
    return {
      actions: [...noted, ...actions.map(warehouseAction)],
      notes: [],
      server: verifiedServer(server),
    };
  } catch (error) {
    const answered = lakekeeperErrorIn(error)?.status !== undefined;
    if (answered || error instanceof PermanentError) throw error;
    return {
      actions: [],
      notes: [
        `the Lakekeeper warehouse ${name} cannot be planned from here: ${explain(error)}; give --server-url`,
      ],
      server: awaited,
    };
  }
}
