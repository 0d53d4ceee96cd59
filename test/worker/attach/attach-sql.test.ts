import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Platform } from '../../../src/platform/platform-settings.ts';
import { UsageError } from '../../../src/text/errors.ts';
import { isPrintable } from '../../../src/text/printable.ts';
import { attachSQL } from '../../../src/worker/attach/attach-sql.ts';
import { attachment } from '../../../src/worker/attach/attachment.ts';
import { findRecord } from '../../../src/worker/attach/find-record.ts';
import { orgIds } from '../../support/arbitrary.ts';
import { type Columns, externalProvider, platform, record } from '../../support/fleet.ts';

const registered = {
  iceberg_lakekeeper_endpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
  iceberg_lakekeeper_warehouse: 'org-acme',
  iceberg_lakekeeper_client_id: 'duckling-acme',
  iceberg_lakekeeper_o_auth2_server_uri: '',
} satisfies Columns;
const broker = { ...registered, iceberg_lakekeeper_o_auth2_server_uri: 'http://127.0.0.1:9876/token' };
const sql = (columns: Columns, org = 'acme', alias = 'lake', settings?: Platform) =>
  attachSQL(attachment(record(org, { duckling_name: 'd', ...columns }), settings), alias);
const outside = { ...registered, iceberg_lakekeeper_o_auth2_server_uri: 'https://idp.example.com/token' };

/** Words, punctuation, and texts with their quotes undone, as a SQL parser sees them; comments are nothing. */
function tokens(text: string): string[] {
  const found = [
    ...text.matchAll(/--[^\n]*(?:\n|$)|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|[A-Za-z_0-9]+|\s+|[(),;]|(.)/gs),
  ];
  return found.flatMap(([token, literal, identifier, other]) => {
    if (other !== undefined) return [`what is ${JSON.stringify(other)}?`];
    if (literal !== undefined) return [`text ${literal.replaceAll("''", "'")}`];
    if (identifier !== undefined) return [`name ${identifier.replaceAll('""', '"')}`];
    return /^(--|\s)/.test(token) ? [] : [token];
  });
}

test('without authentication: attach, and no secret', () => {
  expect(sql(registered)).toBe(`-- For a DuckDB session of org "acme".
LOAD httpfs;
LOAD iceberg;
-- The catalog vends no credentials: the session needs a secret for the object store (TYPE s3) of its own.
ATTACH IF NOT EXISTS 'org-acme' AS "lake" (
  TYPE iceberg,
  ENDPOINT 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
  AUTHORIZATION_TYPE 'none',
  ACCESS_DELEGATION_MODE 'none'
);
`);
});

test('with the broker: a secret of OAuth2 options alone, and attach with it (incident 16)', () => {
  expect(sql(broker)).toContain(`CREATE OR REPLACE SECRET lakekeeper (
  TYPE iceberg,
  CLIENT_ID 'duckling-acme',
  CLIENT_SECRET 'unused',
  OAUTH2_SCOPE '',
  OAUTH2_SERVER_URI 'http://127.0.0.1:9876/token'
);`);
  expect(sql(broker)).toContain("SECRET 'lakekeeper',");
  expect(sql(broker)).not.toMatch(/AUTHORIZATION_TYPE|REGION/i);
});

test("with a provider outside: the client's secret is a variable, and not printed", () => {
  const text = sql(outside);
  expect(text).toContain("-- First: SET VARIABLE lakekeeper_client_secret = '...';\n");
  expect(text).toContain("CLIENT_SECRET getvariable('lakekeeper_client_secret'),");
});

test('a provider on this machine is no broker, which speaks plain HTTP', () => {
  const provider = { ...registered, iceberg_lakekeeper_o_auth2_server_uri: 'https://127.0.0.1:8443/token' };
  expect(sql(provider)).toContain('CLIENT_SECRET getvariable');
});

describe('the scope', () => {
  const withScope = (scope?: string) =>
    platform({ authentication: { ...externalProvider, ...(scope !== undefined && { scope }) } });

  test('is that of the settings, for this org', () => {
    const settings = withScope("api://lakekeeper-{org}/.default it's");
    expect(sql(outside, 'acme', 'lake', settings)).toContain(
      "OAUTH2_SCOPE 'api://lakekeeper-acme/.default it''s',",
    );
    const overridden = platform({
      orgs: { acme: { authentication: { ...externalProvider, scope: 'of-acme' } } },
    });
    expect(sql(outside, 'acme', 'lake', overridden)).toContain("OAUTH2_SCOPE 'of-acme',");
    expect(sql(outside, 'globex', 'lake', overridden)).toContain("OAUTH2_SCOPE '',");
  });

  test("is none where the settings have none, not DuckDB's default", () => {
    expect(sql(outside, 'acme', 'lake', withScope())).toContain("OAUTH2_SCOPE '',");
    expect(sql(outside)).toContain("OAUTH2_SCOPE '',");
  });

  test.each(['a  b', ' a', 'a"b', 'a\\b', 'ä', ''])('cannot be %j (RFC 6749 §3.3)', (scope) => {
    expect(() => withScope(scope)).toThrow(/authentication\.scope: /);
  });
});

test('can be run again: the catalog is attached with the token of the new secret', () => {
  expect(sql(broker, 'acme', 'ice "berg"')).toContain(
    'RESET search_path;\nDETACH DATABASE IF EXISTS "ice ""berg""";\nATTACH IF NOT EXISTS ',
  );
  expect(sql(broker)).toMatch(/^-- .*DuckDB 1\.4 does not: there, run all of this again/m);
});

test('access delegation is always off (incident 26)', () => {
  for (const columns of [registered, broker]) expect(sql(columns)).toContain("ACCESS_DELEGATION_MODE 'none'");
});

describe('quoting', () => {
  const value = fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.constantFrom("'", "''", '"', '\\', "\\'", ';--', "'); DROP TABLE x; --", '$$', '/*'),
    )
    .filter((text) => isPrintable(text) && text.isWellFormed());

  test('every value is one text or one name, to the letter, and nothing else', () => {
    fc.assert(
      fc.property(
        orgIds,
        value,
        value,
        value,
        value,
        value,
        (org, endpoint, warehouse, client, uri, alias) => {
          const columns = {
            iceberg_lakekeeper_endpoint: endpoint,
            iceberg_lakekeeper_warehouse: warehouse,
            iceberg_lakekeeper_client_id: client,
            iceberg_lakekeeper_o_auth2_server_uri: uri,
          };
          expect(tokens(sql(columns, org, alias))).toEqual([
            ...['LOAD', 'httpfs', ';', 'LOAD', 'iceberg', ';'],
            ...['CREATE', 'OR', 'REPLACE', 'SECRET', 'lakekeeper', '(', 'TYPE', 'iceberg', ','],
            ...[
              'CLIENT_ID',
              `text ${client}`,
              ',',
              'CLIENT_SECRET',
              'getvariable',
              '(',
              'text lakekeeper_client_secret',
              ')',
              ',',
            ],
            ...['OAUTH2_SCOPE', 'text ', ',', 'OAUTH2_SERVER_URI', `text ${uri}`, ')', ';'],
            ...['RESET', 'search_path', ';'],
            ...['DETACH', 'DATABASE', 'IF', 'EXISTS', `name ${alias}`, ';'],
            ...[
              'ATTACH',
              'IF',
              'NOT',
              'EXISTS',
              `text ${warehouse}`,
              'AS',
              `name ${alias}`,
              '(',
              'TYPE',
              'iceberg',
              ',',
            ],
            ...[
              'ENDPOINT',
              `text ${endpoint}`,
              ',',
              'SECRET',
              'text lakekeeper',
              ',',
              'ACCESS_DELEGATION_MODE',
              'text none',
              ')',
              ';',
            ],
          ]);
        },
      ),
    );
  });

  test('a value with invisible characters is refused: it could change what a terminal shows', () => {
    expect(() => sql({ ...registered, iceberg_lakekeeper_warehouse: 'org\u202eacme' })).toThrow(
      /invisible characters/,
    );
  });
});

describe('an org', () => {
  test.each<[string, Columns, RegExp]>([
    [
      'that is not registered',
      {},
      /org "acme" is not registered: warehouses\[acme\]\.iceberg_lakekeeper_endpoint is empty; run register/,
    ],
    [
      'that is not meant to be',
      { iceberg_enabled: false },
      /is not registered: .* Iceberg is not enabled for it/,
    ],
    ['without a warehouse', { ...registered, iceberg_lakekeeper_warehouse: '' }, /only partly registered/],
    [
      'with a token endpoint and no client',
      { ...broker, iceberg_lakekeeper_client_id: '' },
      /iceberg_lakekeeper_client_id is empty/,
    ],
  ])('%s is refused', (_, columns, message) => {
    expect(() => sql(columns)).toThrow(UsageError);
    expect(() => sql(columns)).toThrow(message);
  });

  test('is found by its id to the letter, and a broken record says what is wrong', async () => {
    const records = [
      { at: 'w[0]', columns: { org_id: 'Acme' } },
      { at: 'w[1]', columns: { org_id: 'broken', state: 1 } },
      { at: 'w[2]', columns: { org_id: 'acme', iceberg_enabled: true } },
    ];
    expect((await findRecord(records, 'acme')).at).toBe('w[2]');
    await expect(findRecord(records, 'broken')).rejects.toThrow(/org "broken" is invalid: w\[1\]\.state/);
    await expect(findRecord(records, 'acm')).rejects.toThrow(/no org "acm"/);
  });
});
