import { planned } from '../registration/actions.ts';
import {
  expectedCatalog,
  hasAuthentication,
  warehouseAction,
} from '../registration/catalog/ensure-catalog.ts';
import {
  type ExpectedCatalog,
  type Mismatch,
  mismatches,
} from '../registration/catalog/proof/verify-catalog.ts';
import { desiredWarehouse } from '../registration/catalog/warehouse/ensure-warehouse.ts';
import { planWarehouse } from '../registration/catalog/warehouse/plan.ts';
import type { OrgObservation } from './observation.ts';
import {
  brokenIfPermanent,
  describeCommand,
  pendingActions,
  type Situation,
  unknownFinding,
} from './situation.ts';
import type { Finding, Subject } from './verdict.ts';

/** Differences between the server, as it describes itself, and the settings. */
export function serverFindings(situation: Situation): Finding[] {
  const { observation } = situation;
  const { server, inputs } = observation;
  if (server === undefined) return [];
  if ('unknown' in server) return unknownFinding('server', server.unknown);
  const wrong = mismatches(expectedOf(observation), server.value);
  if (wrong.length > 0) return wrong.map((one) => mismatchFinding('server', observation, one));
  if (server.value.info?.bootstrapped !== false) return [];
  return hasAuthentication({ inputs })
    ? pendingActions(situation, 'server', [planned({ kind: 'bootstrapServer', object: '' })])
    : [{ verdict: 'waiting', subject: 'server', what: 'the operator, which has not bootstrapped it' }];
}

function expectedOf({ inputs, catalog, row }: OrgObservation): ExpectedCatalog {
  const resource = 'unknown' in catalog ? undefined : catalog.value.lakekeeper;
  return expectedCatalog({ inputs }, resource, 'unknown' in row ? undefined : row.value);
}

/** Whether the Lakekeeper warehouse is as the settings say, and is served to engines. */
export function warehouseFindings(situation: Situation): Finding[] {
  const { observation } = situation;
  const { warehouse, config, inputs, server } = observation;
  const subject = 'warehouse';
  if (warehouse === undefined) return [];
  if ('unknown' in warehouse) return unknownFinding(subject, warehouse.unknown);
  const desired = desiredWarehouse(inputs.lakekeeperWarehouse);
  return brokenIfPermanent(subject, () => {
    const actions = planWarehouse(desired, warehouse.value).map((action) => {
      const { kind, detail } = { detail: undefined, ...warehouseAction(action) };
      return `${planned({ kind, object: '' })}${detail === undefined ? '' : ` (${detail})`}`;
    });
    if (actions.length > 0) return pendingActions(situation, subject, actions);
    if (config === undefined) return [];
    if ('unknown' in config) return unknownFinding(subject, config.unknown);
    const { warehouse: found } = warehouse.value;
    if (config.value === undefined || found === undefined)
      return [
        {
          verdict: 'waiting',
          subject,
          what: 'the server, which still has the warehouse as inactive: its cache may take a minute',
        },
      ];
    const seen =
      server && 'value' in server ? server.value : ({ anonymous: 'open', info: undefined } as const);
    const expected = expectedOf(observation);
    return mismatches(expected, { ...seen, warehouse: found, config: config.value })
      .filter((one) => one.subject === 'warehouse' || one.subject === 'baseURI')
      .map((one) => mismatchFinding(subject, observation, one));
  });
}

/** With --deep: whether the server can use its storage, by its own test. */
export function storageFindings({ observation: { access, inputs } }: Situation): Finding[] {
  if (access === undefined) return [];
  if ('unknown' in access) return unknownFinding('storage', access.unknown);
  const { name } = inputs.lakekeeperWarehouse;
  return (access.value?.failures ?? []).map((failure) => ({
    verdict: 'broken',
    subject: 'storage',
    what: `the server cannot use the storage of the warehouse ${name}: ${failure}`,
  }));
}

/** During a roll-out a pod of another version may answer. Any other mismatch is a setting that has no effect. */
function mismatchFinding(
  subject: Subject,
  { inputs }: OrgObservation,
  { subject: of, message }: Mismatch,
): Finding {
  const verdict = of === 'version' ? 'waiting' : 'broken';
  return {
    verdict,
    subject,
    what: message.replace(/ Nothing was registered;? ?/, ' ').trim(),
    command: describeCommand(inputs),
  };
}
