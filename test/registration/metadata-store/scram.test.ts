import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConnection } from '../../../src/clients/postgres/connection.ts';
import { withClient } from '../../../src/clients/postgres/postgres-client.ts';
import { saslprep } from '../../../src/registration/metadata-store/saslprep.ts';
import { scramVerifier, verifies } from '../../../src/registration/metadata-store/scram.ts';
import { newSecret } from '../../../src/registration/random-secret.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';

let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

describe('a verifier', () => {
  test('has the form that Postgres stores, and another salt each time', () => {
    expect(scramVerifier('secret')).toMatch(
      /^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/,
    );
    expect(scramVerifier('secret')).not.toBe(scramVerifier('secret'));
  });

  test('is that of RFC 7677', () => {
    const example =
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=';
    expect(verifies(example, 'pencil')).toBe(true);
    expect(verifies(example, 'Pencil')).toBe(false);
  });

  test('agrees with its password and with no other', () => {
    const verifier = scramVerifier('p1');
    expect(verifies(verifier, 'p1')).toBe(true);
    for (const other of ['p2', 'p1 ', '']) expect(verifies(verifier, other)).toBe(false);
    for (const damaged of ['', 'md5abc', 'p1', verifier.slice(0, -4), verifier.replace('4096', '4095')])
      expect(verifies(damaged, 'p1')).toBe(false);
  });

  test('agrees with what Postgres makes of the same password, whatever is in it', async () => {
    const characters = fc.oneof(
      fc.constantFrom(
        ...'aZ1 ~',
        '\u00a0',
        '\u200b',
        '\u00ad',
        '\ufe0f',
        '\u0340',
        '\u0221',
        'ﬁ',
        'Å',
        'ª',
        'Ⅸ',
        'א',
        'ا',
        '😀',
        '\u0085',
        '\u{e0001}',
        '\ufffd',
        '\ue000',
      ),
      fc.integer({ min: 0x80, max: 0x33ff }).map((point) => String.fromCodePoint(point)),
      fc
        .string({ unit: 'binary', minLength: 1, maxLength: 1 })
        .filter((text) => text.isWellFormed() && text !== '\0'),
    );
    const samples = fc.sample(
      fc.array(characters, { minLength: 1, maxLength: 4 }).map((some) => some.join('')),
      250,
    );
    await withClient(parseConnection(server.url, {}), async (client) => {
      await client.query('CREATE ROLE sample; SET scram_iterations = 1');
      for (const password of [
        'a\u00adb',
        '\u00ad',
        'אa',
        'א1',
        'אב',
        'ﬁ😀',
        'Ⅸ\u33ff',
        '\u2000x',
        ...samples,
      ]) {
        await client.query(`ALTER ROLE sample PASSWORD ${client.escapeLiteral(password)}`);
        const { rows } = await client.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'sample'");
        expect(verifies(rows[0].rolpassword, password), JSON.stringify(password)).toBe(true);
      }
    });
  });
});

test.each([
  ['I\u00adX', 'IX'],
  ['user', 'user'],
  ['\u00aa', 'a'],
  ['\u2168', 'IX'],
  ['a\u00a0b', 'a b'],
  // What RFC 4013 forbids stays as it is, as in Postgres.
  ['\u0007', '\u0007'],
  ['\u0627\u0031', '\u0627\u0031'],
])('%j is prepared as %j', (password, expected) => {
  expect(saslprep(password)).toBe(expected);
});

test('a new secret is a letter and 32 random bytes, and nothing that a settings parser takes for a number', () => {
  const secrets = Array.from({ length: 200 }, newSecret);
  for (const secret of secrets) expect(secret).toMatch(/^[g-z][0-9a-f]{64}$/);
  expect(new Set(secrets).size).toBe(200);
});
