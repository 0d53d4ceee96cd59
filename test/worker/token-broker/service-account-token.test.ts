import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseToken,
  secondsLeft,
  unexpiredToken,
} from '../../../src/worker/token-broker/service-account-token.ts';
import { readToken } from '../../../src/worker/token-broker/token-file.ts';
import { jwt } from '../../support/token-broker.ts';
import { withDirectory } from '../../support/tree.ts';

const now = 1_800_000_000_000;
const seconds = now / 1000;

describe('a token', () => {
  test('says when it was issued and when it expires, when it is a JWT', async () => {
    const text = await jwt({ iat: seconds - 5, exp: seconds + 3600 });
    expect(parseToken(text)).toEqual({ text, issuedAt: seconds - 5, expiresAt: seconds + 3600 });
  });

  test.each(['', '\n', '\r\n'])('may end with %j', async (end) => {
    expect(parseToken(`abc${end}`)).toMatchObject({ text: 'abc' });
  });

  test.each(['opaque', 'a.b.c', 'e30.e30.x', 'e30.bnVsbA.x', 'e30.W10.', 'a.b.c.d', '..'])(
    'that says nothing of its life is passed on: %s',
    (text) => {
      expect(parseToken(text)).toEqual({ text, issuedAt: undefined, expiresAt: undefined });
    },
  );

  test.each([
    ['', 'the token file is empty'],
    ['\n', 'the token file is empty'],
    ['one\ntwo', 'the token file has more than one line'],
    ['one\n\n', 'the token file has more than one line'],
    ['one\rtwo', 'the token file has more than one line'],
    [' one', 'the token file has characters in it that no token has'],
    ['o ne', 'the token file has characters in it that no token has'],
    ['\u00efone', 'the token file has characters in it that no token has'],
    ['one\u0000', 'the token file has characters in it that no token has'],
  ])('is none: %j', (content, reason) => {
    expect(parseToken(content)).toEqual({ reason });
  });

  test.each(['"soon"', 'null', '1e999', '{}'])('with the expiry %s is none', (exp) => {
    const payload = Buffer.from(`{"exp":${exp}}`).toString('base64url');
    expect(parseToken(`e30.${payload}.x`)).toEqual({ reason: 'the expiry of the token cannot be read' });
  });

  test.each([
    [3600, 'good'],
    [10, 'good'],
    [9, 'the token is about to expire'],
    [1, 'the token is about to expire'],
    [0, 'the token has expired'],
    [-3600, 'the token has expired'],
  ])('with %i seconds left: %s', async (left, verdict) => {
    const token = { text: 't', issuedAt: undefined, expiresAt: seconds + left };
    expect(unexpiredToken(token, now)).toEqual(verdict === 'good' ? token : { reason: verdict });
    expect(secondsLeft(token, now)).toBe(left);
  });

  test('no part of the content is in the reason', () => {
    const content = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ minLength: 4 }).map((s) => `${s}\n${s}`),
    );
    fc.assert(
      fc.property(content, (text) => {
        const token = parseToken(text);
        if ('reason' in token) expect(token.reason).toMatch(/^the (token file|expiry)[a-z ]*$/);
        else expect(text.startsWith(token.text)).toBe(true);
      }),
    );
  });
});

describe('a token file', () => {
  const reasonOf = (path: string) => {
    const token = readToken(path, now);
    return 'reason' in token ? token.reason : `a token of ${token.text.length} characters`;
  };

  test('is read through links, as the kubelet makes them', async () => {
    await withDirectory(async (directory) => {
      mkdirSync(join(directory, '..2026'));
      writeFileSync(join(directory, '..2026', 'token'), 'first');
      symlinkSync('..2026', join(directory, '..data'));
      symlinkSync('..data/token', join(directory, 'token'));
      expect(readToken(join(directory, 'token'), now)).toMatchObject({ text: 'first' });
    });
  });

  test('has the age of a token without an issue time', async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'token'), 'opaque');
      utimesSync(join(directory, 'token'), seconds - 7, seconds - 7);
      expect(readToken(join(directory, 'token'), now)).toMatchObject({ issuedAt: seconds - 7 });
    });
  });

  test.each([
    [0, 'the token file is empty'],
    [64 * 1024, 'a token of 65536 characters'],
    [64 * 1024 + 1, 'the token file is larger than 64 kB'],
    [10 * 1024 * 1024, 'the token file is larger than 64 kB'],
  ])('of %i bytes: %s', async (size, verdict) => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'token'), 'x'.repeat(size));
      expect(reasonOf(join(directory, 'token'))).toBe(verdict);
    });
  });

  test('that is missing, a directory, an endless device or an unwritten pipe is refused at once', async () => {
    await withDirectory(async (directory) => {
      const pipe = join(directory, 'pipe');
      expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
      expect(reasonOf(join(directory, 'missing'))).toBe('the token file is missing');
      expect(reasonOf(join(directory, 'pipe', 'token'))).toBe('the token file is missing');
      for (const path of [directory, '/dev/zero', pipe])
        expect(reasonOf(path)).toBe('the token file is not a file');
    });
  });

  test('that may not be read says so', async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'token'), 'secret');
      chmodSync(join(directory, 'token'), 0);
      // To root, nothing is forbidden.
      const isRoot = process.geteuid?.() === 0;
      if (isRoot) process.seteuid?.(65534);
      try {
        expect(reasonOf(join(directory, 'token'))).toBe('the token file may not be read');
      } finally {
        if (isRoot) process.seteuid?.(0);
      }
    });
  });

  test('that cannot be read for another reason says which', async () => {
    await withDirectory(async (directory) => {
      symlinkSync('token', join(directory, 'token'));
      expect(reasonOf(join(directory, 'token'))).toBe('the token file cannot be read (ELOOP)');
    });
  });
});
