import type { Catalog } from './catalog/catalog.ts';
import { chooseOrgs } from './catalog/chosen-orgs.ts';
import { deriveFleet, type Fleet } from './catalog/fleet.ts';
import { type RegistrationInputs, registrationInputs } from './catalog/registration-inputs.ts';
import type { Platform } from './platform/settings.ts';
import { UsageError } from './report/errors.ts';
import type { ShowProgress } from './report/progress.ts';
import type { Ducklings } from './source/ducklings.ts';
import { PackedRecords } from './source/packed-records.ts';
import type { RawRecord } from './source/raw-record.ts';
import { parseWarehouseRecord } from './source/warehouse-record.ts';

/** What a fleet is derived from. */
export interface FleetInputs {
  readonly records: AsyncIterable<RawRecord> | Iterable<RawRecord>;
  readonly platform: Platform;
  readonly ducklings: Ducklings;
}

/** Reads and derives the whole fleet, because some rules hold between orgs; the records themselves are kept in little memory. */
export async function readFleet(
  { records, platform, ducklings }: FleetInputs,
  show: ShowProgress = () => undefined,
): Promise<Fleet> {
  const parsed = new PackedRecords();
  for await (const raw of records) {
    parsed.add(parseWarehouseRecord(raw));
    if (parsed.length % 256 === 0) show({ doing: 'reading', done: parsed.length, rejected: 0 });
  }
  return deriveFleet(parsed, platform, ducklings, show);
}

/**
 * What registration needs to know of orgs: the same as synth renders for their Jobs.
 *
 * @param orgs ids, to the letter; undefined for all.
 * @throws UsageError for an org that the source does not have; what reading the source throws.
 */
export async function readRegistrations(
  source: FleetInputs,
  orgs: readonly string[] | undefined,
): Promise<Pick<Fleet, 'skipped' | 'rejected'> & { readonly inputs: readonly RegistrationInputs[] }> {
  const fleet = await readFleet(source);
  const { catalogs, skipped, rejected } = orgs === undefined ? fleet : chooseOrgs(fleet, orgs);
  return {
    inputs: [...catalogs].map((catalog) => registrationInputs(catalog, source.platform)),
    skipped,
    rejected,
  };
}

/** The catalog of one org. @throws UsageError for an org that has none, with the reason. */
export function catalogOf(fleet: Fleet, org: string): Catalog {
  const { catalogs, skipped, rejected } = chooseOrgs(fleet, [org]);
  const [catalog] = catalogs;
  if (catalog !== undefined) return catalog;
  const problems = rejected.flatMap((one) => one.problems.map(({ at, message }) => `${at}: ${message}`));
  throw new UsageError(
    `org ${JSON.stringify(org)} has no catalog: ${skipped[0]?.reason ?? problems.join('; ')}`,
  );
}
