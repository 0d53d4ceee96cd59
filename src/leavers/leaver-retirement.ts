import { join } from 'node:path';
import { type DerivedRetirement, deriveRetiring } from '../catalog/retiring-org.ts';
import { type StoresInUse, usedByOthers } from '../catalog/stores-in-use.ts';
import type { LeavingOrg } from '../leaving.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { retirementPolicy } from '../platform/retirement-problems.ts';
import { PermanentError } from '../text/errors.ts';
import type { Problem } from '../text/problem.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import { type CommittedInputs, committedInputs, inputsPath, isRetiring } from './committed-inputs.ts';

/** How far the retirement of an org is. */
export type RetirementProgress =
  | { readonly progress: 'ended' }
  | { readonly progress: 'begins' | 'continues'; readonly inputs: CommittedInputs }
  | { readonly progress: 'refused'; readonly problems: readonly Problem[] };

/**
 * How far the retirement of an org is, by what is committed in its directory and by its record. A record that its row
 * had before the retirement began is that of a former one; then only the cluster shows whether it is over.
 *
 * @param isInCluster whether a status of the cluster has the record.
 */
export async function progressOf(
  org: LeavingOrg,
  committed: CommittedFiles,
  isInCluster: boolean,
): Promise<RetirementProgress> {
  const hasBegun = isRetiring(org);
  if (hasBegun && isInCluster) return { progress: 'ended' };
  let inputs: CommittedInputs;
  try {
    inputs = await committedInputs(org, committed);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const at = join(committed.against.directory, inputsPath(org));
    return { progress: 'refused', problems: [{ at, message: `${error.message}; ${remedy}` }] };
  }
  const isInRow = org.skipped?.isRetired === true;
  const recordedBefore = isInRow && (!hasBegun || inputs.recordedBefore === true);
  if (isInRow && !recordedBefore) return { progress: 'ended' };
  const { registration } = inputs;
  return {
    progress: hasBegun ? 'continues' : 'begins',
    inputs: { registration, ...(recordedBefore && { recordedBefore: true }) },
  };
}

/** What is rendered for an org that retires, by the present settings; or why it cannot be retired. */
export function retirementOf(
  committedOrg: LeavingOrg,
  { registration, recordedBefore }: CommittedInputs,
  committed: CommittedFiles,
  inUse: StoresInUse,
  platform: Platform,
): DerivedRetirement {
  const { directory } = committedOrg;
  const at = join(committed.against.directory, inputsPath(committedOrg));
  const refused = (problem: Problem) => ({ ok: false, problems: [problem] }) as const;
  const { org } = registration;
  const policy = retirementPolicy(org, platform);
  const { confirm, evenWithTables } = platform.retirement;
  if (policy === 'delete' && !confirm.includes(org))
    return refused({ at: 'retirement.confirm', message: undeleted(org) });
  const user = usedByOthers(registration.metadataStore, inUse);
  if (user !== undefined) return refused({ at, message: `${user}; ${renamed(directory)}` });
  const isEvenWithTables = policy === 'delete' && evenWithTables.includes(org);
  return deriveRetiring(
    {
      version: 1,
      policy,
      ...(isEvenWithTables && { evenWithTables: true }),
      ...(recordedBefore && { recordedBefore: true }),
      registration,
    },
    platform,
    at,
  );
}

const remedy =
  'the org keeps its files. Restore the file from Git, or let synth render the org once more (enable its row) ' +
  'before it leaves';

function undeleted(org: string): string {
  return (
    `lacks ${JSON.stringify(org)}, whose retirement policy is delete; the org keeps its files. Add it there, and its ` +
    'database, role and Secret are deleted, or set the policy retain'
  );
}

function renamed(directory: string): string {
  return (
    'retirement would take it from that org, so the org that left keeps its files. If it was renamed, remove ' +
    `${directory} from Git by hand`
  );
}
