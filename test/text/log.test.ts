import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLog, type Log } from '../../src/text/log.ts';
import { Redactions } from '../../src/text/redactions.ts';

function logged(format: 'json' | 'text', use: (log: Log, redactions: Redactions) => void): string[] {
  const lines: string[] = [];
  const redactions = new Redactions();
  use(createLog({ format, write: (line) => lines.push(line), redactions }), redactions);
  return lines;
}

test('a line is a JSON object with a constant message and fields', () => {
  const [line = ''] = logged('json', (log) =>
    log.with({ org: 'acme' }).info('created the Secret', { step: 'secret', name: 'lakekeeper-acme' }),
  );
  expect(JSON.parse(line)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    org: 'acme',
    step: 'secret',
    name: 'lakekeeper-acme',
    msg: 'created the Secret',
  });
});

test('a line for a terminal begins with the time, the org and the step', () => {
  const [info, error] = logged('text', (log) => {
    log.info('created the Secret', { org: 'acme', step: 'secret', name: 'x', tries: 2 });
    log.error('failed');
  });
  expect(info).toMatch(/^\d\d:\d\d:\d\d acme secret: created the Secret \(name=x, tries=2\)\n$/);
  expect(error).toMatch(/^\d\d:\d\d:\d\d error: failed\n$/);
});

test('an org id cannot write to the terminal', () => {
  expect(logged('text', (log) => log.info('x', { org: '\u001b[2J\n\u202e' }))[0]).toMatch(
    / \\x1b\[2J\\x0a\\u202e x\n$/,
  );
});

describe('a secret', () => {
  test.each(['json', 'text'] as const)('is in no line, in no encoding (%s)', (format) => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 40 })
          .filter((s) => s.trim().length >= 6),
        (secret) => {
          const base64 = Buffer.from(secret).toString('base64');
          const lines = logged(format, (log, redactions) => {
            redactions.add(secret);
            log.with({ step: secret }).error(`postgres://u:${encodeURIComponent(secret)}@h`, {
              cause: new Error(secret).message,
              nested: { deep: [secret, base64] },
            });
          }).join('');
          expect(lines).toContain('[redacted]');
          for (const form of [
            secret,
            encodeURIComponent(secret),
            base64,
            JSON.stringify(secret).slice(1, -1),
          ])
            expect(lines.replaceAll('[redacted]', '')).not.toContain(form);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('that is part of another secret does not reveal the rest of it', () => {
    const redactions = new Redactions();
    redactions.add('secret');
    redactions.add('secret-and-more');
    expect(redactions.apply('it is secret-and-more')).toBe('it is [redacted]');
  });

  test('is returned, so that it can be registered where it is created', () => {
    expect(new Redactions().add('hunter2')).toBe('hunter2');
  });
});
