import { expect, test } from 'vitest';
import { ExitCode, exitCodeOf, explain, PermanentError, UsageError } from '../../src/text/errors.ts';

test('the class of an error says whether trying again helps', () => {
  expect(exitCodeOf(new UsageError('x'))).toBe(ExitCode.usage);
  expect(exitCodeOf(new PermanentError('x'))).toBe(ExitCode.permanent);
  expect(exitCodeOf(new Error('x'))).toBe(ExitCode.transient);
});

test('an error is explained with its causes, each once, without a stack', () => {
  const error = new Error('while reading a', {
    cause: new Error('while connecting', { cause: new Error('while connecting') }),
  });
  expect(explain(error)).toBe('while reading a\n  because: while connecting');
});

test('the several errors of one attempt are explained together', () => {
  const refused = new AggregateError(
    [new Error('connect ECONNREFUSED ::1'), new Error('connect ECONNREFUSED 127.0.0.1')],
    '',
  );
  expect(explain(new Error('while connecting', { cause: refused }))).toBe(
    'while connecting\n  because: connect ECONNREFUSED ::1; connect ECONNREFUSED 127.0.0.1',
  );
});

test('a circular chain of causes ends', () => {
  const error = new Error('a');
  error.cause = new Error('b', { cause: error });
  expect(explain(error)).toBe('a\n  because: b');
});
