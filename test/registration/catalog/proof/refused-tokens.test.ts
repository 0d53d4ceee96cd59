import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyRefusals } from '../../../../src/registration/catalog/proof/refused-tokens.ts';
import { Redactions } from '../../../../src/text/redactions.ts';
import { startLakekeeper } from '../../../support/lakekeeper-stand-in.ts';
import { jwt } from '../../../support/token-broker.ts';
import { withDirectory } from '../../../support/tree.ts';

/** What becomes of the proof on a server that accepts these tokens, and what it sent. */
async function proof(accepts: (sent: string, own: string) => boolean) {
  const own = await jwt({ iat: 0, exp: Math.floor(Date.now() / 1000) + 3600 });
  const server = await startLakekeeper({ isBootstrapped: true });
  const tokens = { includes: (token: string) => accepts(token, own) } as unknown as string[];
  server.settings = { ...server.settings, tokens };
  const redactions = new Redactions();
  try {
    return await withDirectory(async (directory) => {
      const other = join(directory, 'other-audience');
      await writeFile(other, 'token-of-another-audience\n');
      const access = { serverURL: server.url, token: async () => own, redactions, attempts: 1 };
      const ended = await verifyRefusals(access, other).catch((error: unknown) => error);
      const sent = server.requests.map(({ authorization = '' }) => authorization.replace('Bearer ', ''));
      return { ended, own, sent: [...new Set(sent)] };
    });
  } finally {
    await server.stop();
  }
}

test('a catalog that accepts the own token alone is right: the wrong ones were tried', async () => {
  const { ended, sent, own } = await proof((token, own) => token === own);
  expect(ended).toBe(undefined);
  const [other, expired = '', ...more] = sent;
  expect([other, more]).toEqual(['token-of-another-audience', []]);
  expect(expired).not.toBe(own);
  expect(JSON.parse(Buffer.from(expired.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
    exp: 1,
  });
});

test.each<[string, (token: string, own: string) => boolean, RegExp]>([
  ['for another audience', (token) => token.startsWith('token-of'), /accepts a token for another audience/],
  ['that has expired', (token) => token.startsWith('ey'), /accepts a token that has expired/],
])('one that accepts a token %s is not registered', async (_, accepts, message) => {
  expect(String((await proof(accepts)).ended)).toMatch(message);
});
