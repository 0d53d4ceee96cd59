import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { annotations, forGitHub, forLog } from '../../src/commands/forge-annotations.ts';
import type { Plan } from '../../src/explain/plan-schema.ts';
import { nothing } from './nothing.ts';

const problems = [{ at: 'warehouses[0].org_id', message: 'is empty' }];

test('every problem of a rejected org is an error, and a likely mistake a warning', () => {
  const plan: Plan = {
    ...nothing,
    heldBack: '3 of 4 committed orgs would leave at once',
    rejected: [
      { org: 'acme', problems: [...problems, { at: 'a', message: 'b' }] },
      { org: null, problems },
    ],
    unknownOverrides: ['gone'],
    foreignFiles: ['dist/orgs/lakekeeper-acme/notes.yaml'],
  };
  expect(annotations(plan).map(forLog)).toEqual([
    'error: Held back: 3 of 4 committed orgs would leave at once; nothing was changed. Check ' +
      'the source; if the removal is intended, run again and allow it',
    'error: Org acme was rejected: warehouses[0].org_id: is empty',
    'error: Org acme was rejected: a: b',
    'error: A record was rejected: warehouses[0].org_id: is empty',
    'warning: Override without an org: the settings override org gone, which the source does not have',
    'warning: A file that synth did not write: synth did not write ' +
      'dist/orgs/lakekeeper-acme/notes.yaml, but Argo CD applies it; remove it if that is not intended',
  ]);
  expect(annotations(nothing)).toEqual([]);
});

test('annotations above the limit of the forge are summed up in the last one', () => {
  const plan: Plan = {
    ...nothing,
    rejected: Array.from({ length: 40 }, (_, i) => ({ org: `org-${i}`, problems })),
  };
  const shown = annotations(plan);
  expect(shown).toHaveLength(10);
  expect(shown.at(-1)).toEqual({
    level: 'error',
    title: 'And more',
    message: '31 more; the summary of the run has all of them',
  });
});

describe('as a workflow command of GitHub', () => {
  /** Reads a workflow command back, as the runner does: title up to the first comma or two colons, then unescaped. */
  const read = (command: string) => {
    const [, level, title = '', message = ''] = /^::(error|warning) title=(.*?)::(.*)$/s.exec(command) ?? [];
    const data = (text: string) =>
      text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
    return {
      level,
      title: data(title.replaceAll('%3A', ':').replaceAll('%2C', ',')),
      message: data(message),
    };
  };

  test('characters that would end it are escaped', () => {
    expect(forGitHub({ level: 'error', title: 'a,b: 100%::c', message: 'x\r\n::error::y' })).toBe(
      '::error title=a%2Cb%3A 100%25%3A%3Ac::x\\x0d\\x0a::error::y',
    );
  });

  test('whatever a title and a message are, it is one command of one line, and is read back as it was shown', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (title, message) => {
        const command = forGitHub({ level: 'warning', title, message });
        expect(command.split(/[\n\r\u2028\u2029\u0085]/)).toHaveLength(1);
        const line = forLog({ level: 'warning', title, message });
        const back = read(command);
        expect(`warning: ${back.title}: ${back.message}`).toBe(line);
      }),
    );
  });
});
