import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLoopbackAddress, isLoopbackHost } from '../../src/text/loopback.ts';

test.each(['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1'])(
  '%s is loopback',
  (address) => {
    expect(isLoopbackAddress(address)).toBe(true);
  },
);

test.each([
  '0.0.0.0',
  '::',
  '128.0.0.1',
  '126.255.255.255',
  '10.0.0.1',
  '::2',
  '::ffff:10.0.0.1',
  '::127.0.0.1',
  '::1%lo',
  'fe80::1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '127.0.0.1.evil.example',
  'localhost',
  '',
])('%j is not a loopback address', (address) => {
  expect(isLoopbackAddress(address)).toBe(false);
});

test('exactly 127.0.0.0/8 of IPv4 is loopback, also mapped to IPv6', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(isLoopbackAddress(address)).toBe(address.startsWith('127.'));
      expect(isLoopbackAddress(`::ffff:${address}`)).toBe(address.startsWith('127.'));
    }),
  );
});

test.each([
  '127.0.0.1',
  '127.0.0.1:9876',
  'localhost',
  'LOCALHOST:1',
  '[::1]:9876',
  '[::1]',
  '[::ffff:127.0.0.1]:80',
])('the Host %s names this machine', (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

test.each([
  '',
  'evil.example',
  'evil.example:9876',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'localhost.',
  'localhost:123456',
  '127.0.0.1:',
  '127.0.0.1:x',
  '[127.0.0.1]',
  '[localhost]',
  '::1',
  '[::1',
  'user@127.0.0.1',
  '127.0.0.1 ',
  '127.0.0.1,evil.example',
  '0.0.0.0:9876',
])('the Host %j does not', (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});
