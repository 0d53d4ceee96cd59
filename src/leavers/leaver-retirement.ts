import { join } from 'node:path';
import { type DerivedRetirement, deriveRetiring, type RetiringOrg } from '../catalog/retiring-org.ts';
import { type StoresInUse, usedByOthers } from '../catalog/stores-in-use.ts';
import type { LeavingOrg } from '../leaving.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { retirementPolicy } from '../platform/retirement-problems.ts';
import { PermanentError } from '../text/errors.ts';
import type { Problem } from '../text/problem.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import { type CommittedInputs, committedInputs, inputsPath, isRetiring } from './committed-inputs.ts';

/** What becomes of an org that leaves; without a fate, why it cannot be retired. */
export interface LeaverRetirement {
  readonly fate?: 'begins' | 'continues' | 'ended';
  readonly retiring?: RetiringOrg;
  readonly problems?: readonly Problem[];
}

/** The retirement of an org, from the inputs that are committed in its directory, its row, and the present settings. */
export async function retirementOf(
  org: LeavingOrg,
  committed: CommittedFiles,
  inUse: StoresInUse,
  platform: Platform,
): Promise<LeaverRetirement> {
  const at = join(committed.against.directory, inputsPath(org));
  let inputs: CommittedInputs;
  try {
    inputs = await committedInputs(org, committed);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { problems: [{ at, message: `${error.message}; ${wayOut}` }] };
  }
  const hasBegun = isRetiring(org);
  const isInRow = org.skipped?.isRetired === true;
  const recordedBefore = isInRow && (!hasBegun || inputs.recordedBefore === true);
  if (isInRow && !recordedBefore) return { fate: 'ended' };
  const derived = derive(org, { ...inputs, recordedBefore }, inUse, platform, at);
  if (!derived.ok) return derived;
  return { fate: hasBegun ? 'continues' : 'begins', retiring: derived.retiring };
}

function derive(
  { directory }: LeavingOrg,
  {
    registration,
    recordedBefore,
  }: Pick<CommittedInputs, 'registration'> & { readonly recordedBefore: boolean },
  inUse: StoresInUse,
  platform: Platform,
  at: string,
): DerivedRetirement {
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

const wayOut =
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
