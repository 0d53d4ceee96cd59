import { describe, expect, test } from 'vitest';
import { outcomeOfSqlstate, sqlstates } from '../../../src/clients/postgres/sqlstates.ts';

describe('what a SQLSTATE means', () => {
  test.each([
    ['28P01', 'passes', 'password'],
    ['28000', 'passes', 'login'],
    ['3D000', 'passes', 'database'],
    ['53300', 'passes', 'connections'],
    ['25006', 'passes', 'standby'],
    ['42501', 'needs a person', 'right'],
    // By their class.
    ['08006', 'passes', 'connection'],
    ['57P03', 'passes', 'server'],
    ['42P01', 'needs a person', 'missing'],
    ['0A000', 'needs a person', 'not supported'],
    ['ZZZZZ', 'needs a person', 'any other'],
  ])('%s: %s', (code, verdict, meaning) => {
    const outcome = outcomeOfSqlstate(code);
    expect(outcome).toMatchObject({ answer: `SQLSTATE ${code}`, verdict });
    expect(outcome.meaning).toContain(meaning);
  });

  test('has a way out, whatever it is', () => {
    for (const [code, { wayOut, meaning }] of Object.entries(sqlstates)) {
      expect(wayOut, code).not.toBe('');
      expect(meaning, code).not.toBe('');
    }
  });
});
