import pMap from 'p-map';
import { type FleetInputs, readRegistrations } from './read-fleet.ts';
import type { Registrar } from './registration/open-registrar.ts';
import type { RegistrationResult } from './registration/result.ts';

/** Which orgs of a source are registered, and how. */
export interface FleetRegistration {
  /** Ids, to the letter; undefined for every org that is meant to have a catalog. */
  readonly orgs: readonly string[] | undefined;
  /** How many at a time. */
  readonly concurrency: number;
  /** Only say what would be done. */
  readonly dryRun: boolean;
}

/**
 * Registers orgs of a source: the same as their Jobs do.
 *
 * @returns what became of each; one that fails stops no other.
 * @throws UsageError for an org that the source does not have; what reading the source throws.
 */
export async function registerFleet(
  source: FleetInputs,
  openRegistrar: () => Promise<Registrar>,
  { orgs, concurrency, dryRun }: FleetRegistration,
): Promise<RegistrationResult[]> {
  const { inputs, skipped, rejected } = await readRegistrations(source, orgs);
  const registrar = await openRegistrar();
  return [
    ...(await pMap(inputs, dryRun ? registrar.plan : registrar.register, { concurrency })),
    // With --all, orgs without a catalog are not listed.
    ...(orgs === undefined ? [] : skipped).map(({ org, reason }) => notTried(org, 'stopped', reason)),
    ...rejected.map(({ org = '(unknown)', problems }) =>
      notTried(org, 'rejected', problems.map(({ at, message }) => `${at}: ${message}`).join('; ')),
    ),
  ];
}

function notTried(org: string, result: 'stopped' | 'rejected', detail: string): RegistrationResult {
  return { org, result, detail, actions: [] };
}
