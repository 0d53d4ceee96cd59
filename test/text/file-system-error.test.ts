import { describe, expect, test } from 'vitest';
import { ExitCode, exitCodeOf, explain } from '../../src/text/errors.ts';
import { whileDoing, wrapped } from '../../src/text/file-system-error.ts';

const failure = (code: string) => Object.assign(new Error(`${code}: no, open 'dist/x.tmp'`), { code });

describe('an error of the file system', () => {
  test.each([
    ['EACCES', 'chown, chmod', ExitCode.permanent],
    ['EPERM', 'chown, chmod', ExitCode.permanent],
    ['EROFS', 'read-only', ExitCode.permanent],
    ['EXDEV', 'another file system is mounted inside', ExitCode.permanent],
    ['ENOSPC', 'Free some space', ExitCode.transient],
    ['EDQUOT', 'Free some space', ExitCode.transient],
    ['EIO', 'while writing dist/x.yaml', ExitCode.transient],
  ])('%s says what was being done, what to do, and whether trying again helps', (code, advice, exitCode) => {
    const cause = failure(code);
    const error = whileDoing('writing dist/x.yaml', cause);
    expect(error).toHaveProperty('message', expect.stringMatching(/^while writing dist\/x\.yaml(: |$)/));
    expect(error).toHaveProperty('message', expect.stringContaining(advice));
    expect(error).toHaveProperty('cause', cause);
    expect(explain(error)).toContain(code);
    expect(exitCodeOf(error)).toBe(exitCode);
  });

  test('another error is returned unchanged', async () => {
    const bug = new TypeError('x is not a function');
    await expect(
      wrapped('writing', () => {
        throw bug;
      }),
    ).rejects.toBe(bug);
  });
});
