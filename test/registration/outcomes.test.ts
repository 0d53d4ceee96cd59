import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { kubernetesRefusals, refusalOf } from '../../src/clients/kubernetes/kubernetes-errors.ts';
import { outcomeOfError, outcomesAsMarkdown, outcomeTables } from '../../src/registration/outcomes.ts';
import { exitCodeOf, PermanentError, UsageError } from '../../src/text/errors.ts';

test('the documents hold the tables that the program goes by', async () => {
  expect(await readFile('docs/reference.md', 'utf8')).toContain(outcomesAsMarkdown());
});

test('every status that the API server can answer with is a row, and no row is without one', () => {
  const codes = Array.from({ length: 300 }, (_, n) => n + 300);
  const messages = [
    { message: 'exceeded quota: few' },
    { message: 'admission webhook "a" denied the request' },
    { message: `ValidatingAdmissionPolicy 'a' with binding 'b' denied request: c` },
    { message: 'User "a" cannot get resource "b"' },
    { message: 'This pod has more than one PodDisruptionBudget' },
    { details: { causes: [{ reason: 'NamespaceTerminating' }] } },
    {},
  ];
  const seen = new Set(codes.flatMap((code) => messages.map((status) => refusalOf(code, status))));
  expect([...seen].sort()).toEqual(Object.keys(kubernetesRefusals).sort());
});

test('every row says what it means and what to do', () => {
  for (const { server, rows } of outcomeTables)
    for (const row of rows) expect(Object.values(row).every(Boolean), `${server} ${row.answer}`).toBe(true);
});

test.each([
  [new UsageError('x'), 'usage error', 2],
  [new PermanentError('x'), 'needs a person', 4],
  [new Error('x'), 'try again', 1],
] as const)('%s ends a run as %s', (error, outcome, code) => {
  expect([outcomeOfError(error), exitCodeOf(error)]).toEqual([outcome, code]);
});
