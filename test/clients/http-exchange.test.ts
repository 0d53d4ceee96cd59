import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { withTimeout } from '../../src/clients/http-exchange.ts';

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test('work that is done leaves no timer, and nothing at the signal of the run', async () => {
  const run = new AbortController();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  await expect(withTimeout(60_000, run.signal, async () => 'done')).resolves.toBe('done');
  const failure = new Error('the work failed');
  await expect(withTimeout(60_000, run.signal, () => Promise.reject(failure))).rejects.toBe(failure);
  expect(getEventListeners(run.signal, 'abort')).toEqual([]);
  expect(timers()).toBe(before);
});

test('work that takes too long ends with an error that says so', async () => {
  await expect(withTimeout(20, undefined, never)).rejects.toThrow('no answer within 0.02 s');
});

test('the signal of the run ends the work with its reason, and before it has begun', async () => {
  const run = new AbortController();
  const ended = withTimeout(60_000, run.signal, never);
  run.abort(new Error('SIGTERM'));
  await expect(ended).rejects.toThrow('SIGTERM');
  const begin = () => expect.unreachable();
  await expect(withTimeout(60_000, run.signal, begin)).rejects.toThrow('SIGTERM');
});
