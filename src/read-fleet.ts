import type { Catalog } from './catalog/catalog.ts';
import { type ChosenOrgs, chooseOrgs } from './catalog/chosen-orgs.ts';
import { deriveFleet, type Fleet } from './catalog/fleet.ts';
import { type RegistrationInputs, registrationInputs } from './catalog/registration-inputs.ts';
import type { RawRecord } from './mapping/raw-record.ts';
import type { Platform } from './platform/platform-settings.ts';
import type { Ducklings } from './source/ducklings.ts';
import { type ParsedRecord, parseWarehouseRecord } from './source/warehouse-record.ts';
import { UsageError } from './text/errors.ts';
import type { ShowProgress } from './text/progress.ts';

/** What a fleet is derived from. */
export interface FleetInputs {
  readonly records: AsyncIterable<RawRecord> | Iterable<RawRecord>;
  readonly platform: Platform;
  readonly ducklings: Ducklings;
}

/** Reads the source and derives all of it. @throws what reading the source throws. */
export async function readFleet(
  { records, platform, ducklings }: FleetInputs,
  show: ShowProgress = () => undefined,
): Promise<Fleet> {
  const parsed: ParsedRecord[] = [];
  for await (const raw of records) {
    parsed.push(parseWarehouseRecord(raw));
    if (parsed.length % 256 === 0) show({ doing: 'reading', done: parsed.length, rejected: 0 });
  }
  return deriveFleet(parsed, platform, ducklings);
}

/**
 * The catalogs of orgs.
 *
 * @param orgs ids, to the letter; undefined for all.
 * @throws UsageError for an org that the source does not have; what reading the source throws.
 */
export async function readCatalogs(
  source: FleetInputs,
  orgs: readonly string[] | undefined,
): Promise<ChosenOrgs> {
  return chooseOrgs(await readFleet(source), orgs);
}

/** The catalog of the only org that was chosen. @throws UsageError when it has none, with the reason. */
export function onlyCatalog({ catalogs, skipped, rejected }: ChosenOrgs, org: string): Catalog {
  const [catalog] = catalogs;
  if (catalog !== undefined) return catalog;
  const problems = rejected.flatMap((one) => one.problems.map(({ at, message }) => `${at}: ${message}`));
  throw new UsageError(
    `org ${JSON.stringify(org)} has no catalog: ${skipped[0]?.reason ?? problems.join('; ')}`,
  );
}

/** Registration inputs of orgs, the same that synth renders for their Jobs. As `readCatalogs`. */
export async function readRegistrations(
  source: FleetInputs,
  orgs: readonly string[] | undefined,
): Promise<Pick<ChosenOrgs, 'skipped' | 'rejected'> & { readonly inputs: readonly RegistrationInputs[] }> {
  const { catalogs, ...others } = await readCatalogs(source, orgs);
  return { ...others, inputs: catalogs.map((catalog) => registrationInputs(catalog, source.platform)) };
}
