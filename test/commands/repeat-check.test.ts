import { afterEach, expect, test, vi } from 'vitest';
import { repeatCheck } from '../../src/commands/repeat-check.ts';
import { ExitCode, PermanentError, UsageError } from '../../src/text/errors.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs the checks one after the other. The last one, or the wait after it, is interrupted. */
async function repeat(...checks: readonly (() => Promise<ExitCode>)[]) {
  const stop = new AbortController();
  const stderr: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr.push(String(text));
    return true;
  });
  const left = [...checks];
  const check = () => {
    const next = left.shift();
    if (left.length === 0) stop.abort(new Error('ended by SIGINT'));
    return next ? next() : expect.unreachable();
  };
  const code = await repeatCheck(check, 1, stop.signal);
  return { code, stderr: stderr.join('') };
}

const ends = (code: ExitCode) => () => Promise.resolve(code);
const fails = (error: Error) => () => Promise.reject(error);
const interrupted = fails(new Error('ended by SIGINT'));

test('the exit code is that of the last check', async () => {
  expect(await repeat(ends(ExitCode.permanent), ends(ExitCode.transient))).toEqual({ code: 1, stderr: '' });
});

test('a check that is interrupted does not count: the exit code is that of the check before', async () => {
  expect(await repeat(ends(ExitCode.permanent), interrupted)).toEqual({ code: 4, stderr: '' });
});

test('without a check that ended nothing is known: an interrupt is then a failure', async () => {
  await expect(repeat(interrupted)).rejects.toThrow('ended by SIGINT');
});

test('a later check that fails is printed, and the next one follows', async () => {
  const unreachable = new Error('no route to the API server');
  const { code, stderr } = await repeat(
    ends(ExitCode.done),
    fails(unreachable),
    ends(ExitCode.done),
    interrupted,
  );
  expect(code).toBe(0);
  expect(stderr).toBe('error: no route to the API server\nthe check is repeated\n');
});

test.each([
  [new Error('no route'), ExitCode.transient],
  [new UsageError('platform.yaml is not YAML'), ExitCode.usage],
  [new PermanentError('no right'), ExitCode.permanent],
])('when the last check failed with %s, that is the exit code', async (error, code) => {
  expect((await repeat(ends(ExitCode.done), fails(error), interrupted)).code).toBe(code);
});

test('the first check that fails ends it: what it was started with may be wrong', async () => {
  await expect(repeat(fails(new Error('no route')), ends(ExitCode.done))).rejects.toThrow('no route');
});
