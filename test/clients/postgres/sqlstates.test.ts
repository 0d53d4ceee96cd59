import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outcomeOfSqlstate, sqlstates } from '../../../src/clients/postgres/sqlstates.ts';
import { nativeDirectory } from '../../support/postgres-binaries.ts';

describe('what a SQLSTATE means', () => {
  test.each([
    ['28P01', 'try again', 'password'],
    ['28000', 'try again', 'login'],
    ['3D000', 'try again', 'database'],
    ['53300', 'try again', 'connections'],
    ['25006', 'try again', 'standby'],
    ['42501', 'needs a person', 'privilege'],
    // By their class.
    ['08006', 'try again', 'connection'],
    ['57P03', 'try again', 'server'],
    ['42P01', 'needs a person', 'missing'],
    ['0A000', 'needs a person', 'the server does not support it'],
    ['ZZZZZ', 'needs a person', 'any other'],
  ])('%s: %s', (code, outcome, meaning) => {
    const row = outcomeOfSqlstate(code);
    expect(row).toMatchObject({ answer: `SQLSTATE ${code}`, outcome });
    expect(row.meaning).toContain(meaning);
  });

  test('says what to do, whatever it is', () => {
    for (const [code, { whatToDo, meaning }] of Object.entries(sqlstates)) {
      expect(whatToDo, code).not.toBe('');
      expect(meaning, code).not.toBe('');
    }
  });
});

test('every SQLSTATE of Postgres has a row: its own, that of its class, or the last one', async () => {
  const text = await readFile(join(nativeDirectory(), 'share/postgresql/errcodes.txt'), 'utf8');
  const errors = [...text.matchAll(/^([0-9A-Z]{5})\s+E\s+(ERRCODE_\w+)/gm)].map(([, code = '']) => code);
  expect(errors.length).toBeGreaterThan(200);
  const last = [
    ...new Set(errors.filter((code) => outcomeOfSqlstate(code).meaning === sqlstates.other.meaning)),
  ];
  // Transactions by hand, cursors, triggers, foreign data and what only the server's own programs meet.
  expect([...new Set(last.map((code) => code.slice(0, 2)))].sort()).toEqual(otherClasses);
  // What a server says that is short of something, goes away or comes back, is never for a person.
  for (const code of errors.filter((one) => /^(08|40|53|55|57|58|XX)/.test(one)))
    expect(outcomeOfSqlstate(code).outcome, code).toBe(code === '55000' ? 'needs a person' : 'try again');
});

const otherClasses = '03 09 0B 0F 0L 0P 0Z 10 20 21 24 25 26 27 2B 2D 2F 34 38 39 3B 3F 44 54 F0 HV P0'.split(
  ' ',
);
