import { expect, test } from 'vitest';
import { asJson, asTable, planTable, sentence } from '../../src/commands/registration-summary.ts';
import type { RegistrationResult } from '../../src/registration/result.ts';

const result = (changes: Partial<RegistrationResult>): RegistrationResult => ({
  org: 'acme',
  result: 'registered',
  detail: 'http://catalog',
  actions: [{ kind: 'createRole', object: 'lakekeeper_acme' }],
  ...changes,
});
const failed = result({
  org: 'bad',
  result: 'failed',
  detail: 'while connecting\n  because: refused',
  actions: [],
});

test.each<[Partial<RegistrationResult>, string]>([
  [{}, 'org "acme" is registered: http://catalog'],
  [{ result: 'unchanged', actions: [] }, 'org "acme" is registered: http://catalog (no changes)'],
  [{ result: 'credentials' }, 'the credentials of org "acme" are in place'],
  [
    { result: 'stopped', detail: 'Iceberg is disabled', actions: [] },
    'nothing was done for org "acme": Iceberg is disabled',
  ],
  [
    { result: 'stopped', detail: 'its row was disabled meanwhile' },
    'org "acme": its row was disabled meanwhile',
  ],
  [{ result: 'planned' }, 'org "acme": 1 action to do'],
  [{ result: 'planned', actions: [] }, 'org "acme": nothing to do'],
  [{ result: 'failed', detail: 'why' }, 'error: registering org "acme" failed: why'],
  [{ result: 'rejected', detail: 'why' }, 'error: org "acme" is rejected: why'],
])('%j ends with a sentence', (changes, expected) => {
  expect(sentence(result(changes))).toBe(expected);
});

test('the table has the failures last, each on one line', async () => {
  const lines = (await asTable([failed, result({})])).split('\n');
  expect(lines).toEqual([
    'ORG   RESULT      WHERE OR WHY',
    'acme  registered  http://catalog',
    'bad   failed      while connecting because: refused',
    '',
    '1 failed, 1 registered',
  ]);
  expect(await asTable([])).toBe('no org to register');
});

test('the plan has an action a line, what cannot be known, and what is wrong', async () => {
  const planned = result({ result: 'planned', detail: 'one note; another' });
  expect((await planTable([planned, failed])).split('\n')).toEqual([
    'ORG   STEP            WHAT',
    'acme  metadata store  create the role: lakekeeper_acme',
    'acme  note            one note',
    'acme  note            another',
    'bad   failed          while connecting because: refused',
    '',
    '1 action to do for 1 org; nothing was changed',
  ]);
  expect(await planTable([])).toBe('nothing to do; nothing was changed');
});

test('the orgs at each stage of authentication are counted, and what one waits for is in its line', async () => {
  const stages = ['enforced', 'none', 'preparing', 'heldBack', 'prepared', 'none'] as const;
  const results = stages.map((stage, i) =>
    result({
      org: `org-${i}`,
      authentication:
        stage === 'preparing' ? { stage, waitsFor: 'workers that cannot log in: a' } : { stage },
    }),
  );
  const lines = (await asTable(results)).split('\n');
  expect(lines.slice(-2)).toEqual([
    '6 registered',
    'authentication: 2 without, 1 preparing, 1 prepared, 1 held back, 1 enforced',
  ]);
  expect(lines.filter((line) => line.includes('waits for'))).toEqual([
    'org-2  registered  http://catalog; authentication waits for workers that cannot log in: a',
  ]);
  expect(await asTable([result({ authentication: { stage: 'none' } })])).not.toContain('authentication');
});

test('an org id cannot move the cursor', async () => {
  expect(await asTable([result({ org: 'a\u001b[2Jb' })])).not.toContain('\u001b');
  expect(sentence(result({ org: 'a\u202eb', detail: 'c\u001b[2Jd' }))).toBe(
    'org "a\\u202eb" is registered: c\\x1b[2Jd',
  );
});

test('the JSON has the step of each action, and no error object', () => {
  const [one] = JSON.parse(asJson([result({ error: new Error('x') })]));
  expect(one).toEqual({
    org: 'acme',
    result: 'registered',
    detail: 'http://catalog',
    actions: [{ step: 'metadata store', kind: 'createRole', object: 'lakekeeper_acme' }],
  });
});
