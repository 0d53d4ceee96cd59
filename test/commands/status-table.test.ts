import { expect, test } from 'vitest';
import { statusTable } from '../../src/commands/status-table.ts';
import type { Finding } from '../../src/status/verdict.ts';
import { anyReport } from '../support/status-report.ts';

test('the command is the last, so that it can be copied; before it, how many findings there are beside', async () => {
  const findings: Finding[] = [
    {
      verdict: 'drifted',
      subject: 'row',
      what: 'registration would write it',
      command: 'register --org acme',
    },
    { verdict: 'waiting', subject: 'Argo CD', what: 'Argo CD' },
    { verdict: 'waiting', subject: 'catalog', what: 'the roll-out' },
  ];
  const text = await statusTable(anyReport(1, { org: 'acme', verdict: 'drifted', findings }));
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    'row: registration would write it (and 2 more: --output json). run: register --org acme 1 drifted',
  );
});
