import { describe, expect, test } from 'vitest';
import { platform } from '../support/fleet.ts';
import { refused } from '../support/refused-settings.ts';

describe('retirement', () => {
  const policies = 'expected "retain" or "delete"';
  const retained = (at: string, org: string) =>
    `retirement.${at}: names ${org}, whose policy is retain: nothing of it is deleted. Set the policy delete, for ` +
    'all orgs or in orgs.<org id>.retirement, or leave the org out';

  test('keeps everything by default', () => {
    expect(platform().retirement).toEqual({ policy: 'retain', confirm: [], evenWithTables: [] });
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['a policy that is none', { policy: 'keep' }, [`retirement.policy: ${policies}`]],
    [
      'a setting that is none',
      { polcy: 'delete' },
      ['retirement.polcy: is not a setting; did you mean policy?'],
    ],
    [
      'an empty org id',
      { policy: 'delete', confirm: [''] },
      ['retirement.confirm[0]: too small: expected string to have >=1 characters'],
    ],
    [
      'one org in place of a list',
      { policy: 'delete', confirm: 'acme' },
      ['retirement.confirm: invalid input: expected array, received string'],
    ],
    ['a confirmation of an org that is retained', { confirm: ['acme'] }, [retained('confirm[0]', 'acme')]],
    [
      'tables of an org whose deletion is not confirmed',
      { policy: 'delete', confirm: ['acme'], evenWithTables: ['acme', 'globex'] },
      [
        'retirement.evenWithTables[1]: names globex, which is not in retirement.confirm: nothing of it is deleted. ' +
          'Add it there, or leave it out here',
      ],
    ],
  ])('%s is refused', (_, retirement, lines) => {
    expect(refused({ retirement })).toEqual(lines);
  });

  test('the policy of an org decides whether its confirmation has an effect', () => {
    const one = { retirement: { policy: 'delete', confirm: ['acme', 'globex'] } };
    expect(refused({ ...one, orgs: { globex: { retirement: { policy: 'retain' } } } })).toEqual([
      retained('confirm[1]', 'globex'),
    ]);
    const orgs = { acme: { retirement: { policy: 'delete' } } };
    expect(refused({ retirement: { confirm: ['acme'] }, orgs })).toEqual([]);
    // An org may be called like a property that every object has.
    expect(refused({ retirement: { confirm: ['constructor'] } })).toEqual([
      retained('confirm[0]', 'constructor'),
    ]);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ policy: 'drop' }, `orgs.acme.retirement.policy: ${policies}`],
    [{}, `orgs.acme.retirement.policy: ${policies}`],
    [{ policy: 'delete', confirm: true }, 'orgs.acme.retirement.confirm: is not a setting; known are policy'],
  ])('of one org, %j is refused', (retirement, line) => {
    expect(refused({ orgs: { acme: { retirement } } })).toEqual([line]);
  });
});
