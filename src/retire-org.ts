import type { RetirementInputs } from './catalog/retirement-inputs.ts';
import { leaversOf } from './leavers/leavers.ts';
import { type FleetInputs, readFleet } from './read-fleet.ts';
import { keyForMessage } from './text/credential-form.ts';
import { UsageError } from './text/errors.ts';
import type { CommittedFiles } from './tree/committed-files.ts';

/**
 * The retirement inputs of an org that leaves: what synth renders for its Job, from the committed directory.
 *
 * @param org id, to the letter.
 * @throws UsageError when the org does not leave, cannot be retired, or is not committed; what reading the source
 *   throws.
 */
export async function retirementOf(
  source: FleetInputs,
  committed: CommittedFiles,
  org: string,
): Promise<RetirementInputs> {
  const { orgs, fleet } = await leaversOf(committed, await readFleet(source), source.platform);
  const leaver = orgs.find((one) => one.org === org);
  if (leaver?.retiring !== undefined) return leaver.retiring.inputs;
  const problems = fleet.rejected.filter((one) => one.org === org).flatMap((one) => one.problems);
  const why = [
    ...problems.map(({ at, message }) => `${at}: ${message}`),
    ...(leaver?.progress === 'ended'
      ? ['its retirement is recorded already; synth removes its directory']
      : []),
    ...(fleet.catalogs.some((one) => one.org === org)
      ? ['it does not leave: the source says that it has a catalog; disable its row first']
      : []),
  ];
  const { directory } = committed.against;
  throw new UsageError(
    `org ${keyForMessage(org)} is not retired: ` +
      (why.length > 0
        ? why.join('; ')
        : `${directory} has no directory of it, or the source skips it for a while`),
  );
}
