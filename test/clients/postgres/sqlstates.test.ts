import { describe, expect, test } from 'vitest';
import { outcomeOfSqlstate, sqlstates } from '../../../src/clients/postgres/sqlstates.ts';

describe('what a SQLSTATE means', () => {
  test.each([
    ['28P01', 'try again', 'password'],
    ['28000', 'try again', 'login'],
    ['3D000', 'try again', 'database'],
    ['53300', 'try again', 'connections'],
    ['25006', 'try again', 'standby'],
    ['42501', 'needs a person', 'right'],
    // By their class.
    ['08006', 'try again', 'connection'],
    ['57P03', 'try again', 'server'],
    ['42P01', 'needs a person', 'missing'],
    ['0A000', 'needs a person', 'not supported'],
    ['ZZZZZ', 'needs a person', 'any other'],
  ])('%s: %s', (code, outcome, meaning) => {
    const row = outcomeOfSqlstate(code);
    expect(row).toMatchObject({ answer: `SQLSTATE ${code}`, outcome });
    expect(row.meaning).toContain(meaning);
  });

  test('has a way out, whatever it is', () => {
    for (const [code, { wayOut, meaning }] of Object.entries(sqlstates)) {
      expect(wayOut, code).not.toBe('');
      expect(meaning, code).not.toBe('');
    }
  });
});
