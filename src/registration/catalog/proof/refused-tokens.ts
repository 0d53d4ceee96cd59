import { readFile } from 'node:fs/promises';
import { registrationFiles } from '../../../catalog/registration-inputs.ts';
import { connectLakekeeper } from '../../../clients/lakekeeper/lakekeeper-client.ts';
import { LakekeeperError, whileAsking } from '../../../clients/lakekeeper/lakekeeper-errors.ts';
import type { LakekeeperAccess } from '../../../clients/lakekeeper/lakekeeper-request.ts';
import { PermanentError } from '../../../text/errors.ts';

/** A token that no catalog may accept. */
interface WrongToken {
  /** For people: `for another audience`. */
  readonly what: string;
  readonly token: string;
}

/**
 * Verifies that a catalog refuses wrong tokens: the Job's token for another audience, if it has one, and its own token
 * with an expiry in the past. The signature of that one is not valid any more, because only the issuer can sign: a
 * server that checks signatures, and ignores the expiry, is not detected. A token that has really expired is not
 * available: Kubernetes issues none for less than ten minutes. That the catalog refuses requests without a token was
 * verified before.
 *
 * @param otherFile the file of the token for another audience. The default is that of the Job.
 * @throws PermanentError if a wrong token is accepted.
 */
export async function verifyRefusals(
  access: LakekeeperAccess,
  otherFile: string = registrationFiles.otherToken,
): Promise<void> {
  const [own, other] = [await access.token(), await readFile(otherFile, 'utf8').catch(() => undefined)];
  const expired = own === undefined ? undefined : withExpiryInThePast(own);
  const wrong: WrongToken[] = [
    ...(other === undefined ? [] : [{ what: 'for another audience', token: other.trim() }]),
    ...(expired === undefined ? [] : [{ what: 'that has expired', token: expired }]),
  ];
  for (const { what, token } of wrong)
    if (await isAccepted({ ...access, token: async () => token }, what))
      throw new PermanentError(
        `the catalog accepts a token ${what}: its authentication does not check what it should. Nothing was ` +
          'registered; look at the LAKEKEEPER__ variables of its pods',
      );
}

/** Any answer but 401 means that the token was accepted. */
async function isAccepted(access: LakekeeperAccess, what: string): Promise<boolean> {
  return whileAsking(`trying a token ${what}`, async () => {
    try {
      await connectLakekeeper(access).info();
      return true;
    } catch (error) {
      if (error instanceof LakekeeperError && error.status === 401) return false;
      throw error;
    }
  });
}

/** Undefined for a token that is not a JWT. */
function withExpiryInThePast(token: string): string | undefined {
  const [header, payload, signature] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, exp: 1 })).toString('base64url');
    return [header, changed, signature].join('.');
  } catch {
    return undefined;
  }
}
