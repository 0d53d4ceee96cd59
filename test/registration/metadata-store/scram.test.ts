import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConnection } from '../../../src/clients/postgres/connection.ts';
import { withClient } from '../../../src/clients/postgres/postgres-client.ts';
import { scramVerifier } from '../../../src/registration/metadata-store/scram.ts';
import { newSecret } from '../../../src/registration/random-secret.ts';
import { PermanentError } from '../../../src/text/errors.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';

let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startPostgres({ settings: { scram_iterations: '4096' } });
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
    expect(scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });

  test('is what Postgres makes of the same password and salt', async () => {
    const samples = fc.sample(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), 50);
    await withClient(parseConnection(server.url, {}), async (client) => {
      await client.query('CREATE ROLE sample');
      for (const password of samples) {
        await client.query(`ALTER ROLE sample PASSWORD ${client.escapeLiteral(password)}`);
        const { rows } = await client.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'sample'");
        const [, salt = ''] = /^[^:]*:([^$]*)/.exec(rows[0].rolpassword) ?? [];
        expect(scramVerifier(password, Buffer.from(salt, 'base64')), password).toBe(rows[0].rolpassword);
      }
    });
  });

  test.each(['ﬁ Å', 'a\u00adb', 'p\u00a0', 'tab\there', ''])(
    'is refused of %j, which would have to be normalised',
    (password) => {
      expect(() => scramVerifier(password)).toThrow(PermanentError);
      expect(() => scramVerifier(password)).toThrow('not printable ASCII');
    },
  );
});

test('a new secret is a letter and 32 random bytes, and nothing that a settings parser takes for a number', () => {
  const secrets = Array.from({ length: 200 }, newSecret);
  for (const secret of secrets) expect(secret).toMatch(/^[g-z][0-9a-f]{64}$/);
  expect(new Set(secrets).size).toBe(200);
});
