import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/text/errors.ts';
import { parseSettings } from '../../../src/worker/token-broker/broker-settings.ts';
import { hostAndPort, parseListenAddress } from '../../../src/worker/token-broker/listen-address.ts';

const resolvesTo =
  (...addresses: string[]) =>
  async () =>
    addresses;
const nobodyAsks = async (name: string) => Promise.reject(new Error(`asked for ${name}`));

describe('the listen address of the broker', () => {
  test.each([
    ['127.0.0.1:9876', { address: '127.0.0.1', port: 9876 }],
    ['127.8.8.8:0', { address: '127.8.8.8', port: 0 }],
    ['[::1]:9876', { address: '::1', port: 9876 }],
    ['[::ffff:127.0.0.1]:9876', { address: '::ffff:127.0.0.1', port: 9876 }],
  ])('%s', async (text, expected) => {
    const address = await parseListenAddress(text, nobodyAsks);
    expect(address).toEqual(expected);
    expect(hostAndPort(address)).toBe(text);
  });

  test('localhost, at an address that it resolves to, IPv4 first', async () => {
    expect(await parseListenAddress('localhost:1', resolvesTo('::1', '127.0.0.1'))).toEqual({
      address: '127.0.0.1',
      port: 1,
    });
    expect(await parseListenAddress('localhost:1', resolvesTo('::1'))).toEqual({ address: '::1', port: 1 });
  });

  test.each([
    ['0.0.0.0:9876', /0\.0\.0\.0 is not a loopback address/],
    ['[::]:9876', /:: is not a loopback address/],
    ['[::ffff:0.0.0.0]:9876', /is not a loopback address/],
    ['10.1.2.3:9876', /is not a loopback address/],
    [':9876', /means all of them/],
    ['*:9876', /name other than localhost/],
    ['worker.example:9876', /name other than localhost/],
    ['127.1:9876', /name other than localhost/],
    ['/run/broker.sock', /Unix socket/],
    ['unix:/run/broker.sock', /Unix socket/],
    ['::1:9876', /stands in brackets/],
    ['[127.0.0.1]:9876', /no IPv6 address in its brackets/],
    ['[::1%lo]:9876', /is not a loopback address/],
    ['127.0.0.1', /is not <address>:<port>/],
    ['127.0.0.1:65536', /is not <address>:<port>/],
    ['127.0.0.1:-1', /is not <address>:<port>/],
    ['9876', /is not <address>:<port>/],
    ['', /is not <address>:<port>/],
  ])('%j is refused, with the reason', async (text, reason) => {
    const refusal = parseListenAddress(text, nobodyAsks);
    await expect(refusal).rejects.toThrow(UsageError);
    await expect(refusal).rejects.toThrow(reason);
  });

  test('localhost is refused if it resolves to no address, or to one that is not loopback', async () => {
    await expect(parseListenAddress('localhost:1', resolvesTo('127.0.0.1', '10.0.0.1'))).rejects.toThrow(
      /resolves to 10\.0\.0\.1/,
    );
    await expect(parseListenAddress('localhost:1', resolvesTo())).rejects.toThrow(/resolves to nothing/);
  });

  test('any address is loopback or refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.webAuthority(),
          fc.ipV6().map((a) => `[${a}]:1`),
        ),
        async (text) => {
          const address = await parseListenAddress(text, resolvesTo('192.0.2.1')).catch((error: unknown) => {
            expect(error).toBeInstanceOf(UsageError);
            return undefined;
          });
          if (address !== undefined)
            expect(address.address).toMatch(/^(127\.[0-9.]+|[0:]*1|.*7f[0-9a-f]{2}:.*)$/i);
        },
      ),
    );
  });
});

describe('settings', () => {
  const flags = { tokenFile: '/t', listen: '127.0.0.1:1', expiresIn: '60', path: '/token' };
  const parse = (change: object) => parseSettings({ ...flags, ...change }, nobodyAsks);

  test('are what the flags say', async () => {
    expect(await parse({})).toEqual({
      tokenFile: '/t',
      listen: { address: '127.0.0.1', port: 1 },
      expiresIn: 60,
      path: '/token',
    });
  });

  test.each([undefined, ''])('without a token file (%j) say what to do', async (tokenFile) => {
    await expect(parse({ tokenFile })).rejects.toThrow(
      /no token file is configured; give --token-file, or set/,
    );
  });

  test.each(['0', '-1', '1.5', '60s', '86401', '', 'sixty'])('refuse %j seconds', async (expiresIn) => {
    await expect(parse({ expiresIn })).rejects.toThrow(/--expires-in/);
  });

  test.each(['token', '', '/', '/token?x', '/to ken', '/a//b', '/health', '/metrics', '/%74oken'])(
    'refuse the path %j',
    async (path) => {
      await expect(parse({ path })).rejects.toThrow(/--path/);
    },
  );
});
