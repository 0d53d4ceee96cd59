import { expect, test } from 'vitest';
import { LakekeeperError } from '../../src/clients/lakekeeper/lakekeeper-errors.ts';
import { TokenEndpointError } from '../../src/clients/openid/token-refusals.ts';
import { RetryWait } from '../../src/registration/retry-wait.ts';

const busy = (retryAfterMs: number) =>
  new Error('while asking', { cause: new LakekeeperError('503', { status: 503, retryAfterMs }) });

async function waitsFor(...reasons: unknown[]): Promise<number[]> {
  const waits: number[] = [];
  const wait = async (milliseconds: number) => waits.push(milliseconds);
  const retryWait = new RetryWait({ signal: new AbortController().signal, onWait: () => {}, wait });
  for (const why of reasons) await retryWait.wait(why);
  return waits;
}

test('the next attempt begins when the catalog asked for it with Retry-After, with jitter, up to a limit', async () => {
  const [first = 0, second = 0, capped = 0] = await waitsFor(busy(7000), busy(7000), busy(3_600_000));
  for (const wait of [first, second]) {
    expect(wait).toBeGreaterThanOrEqual(7000);
    expect(wait).toBeLessThanOrEqual(10_500);
  }
  expect(first).not.toBe(second);
  expect(capped).toBeGreaterThanOrEqual(60_000);
  expect(capped).toBeLessThanOrEqual(90_000);
});

test('so it does for the provider of tokens', async () => {
  const cause = new TokenEndpointError('429', 'busy', 7000);
  const [first = 0] = await waitsFor(new Error('while asking', { cause }));
  expect(first).toBeGreaterThanOrEqual(7000);
});

test('without a Retry-After it waits longer each time', async () => {
  const waits = await waitsFor(...Array(6).fill(new Error('too many clients')), 'another run is at work');
  expect(waits.at(0)).toBeLessThanOrEqual(500);
  expect(waits.at(-1)).toBeGreaterThanOrEqual(5000);
  expect(waits.at(-1)).toBeLessThanOrEqual(10_000);
});
