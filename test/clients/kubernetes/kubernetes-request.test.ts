import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { request } from '../../../src/clients/kubernetes/kubernetes-request.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';

let cluster: KubernetesStandIn;
beforeEach(async () => {
  cluster = await startKubernetesStandIn();
});
afterEach(() => cluster[Symbol.asyncDispose]());

test('the wait for a turn is not time in which the server did not answer', async () => {
  const timeoutMs = 15_000;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  // As repair limits its requests: what other orgs send goes first.
  const options = async () => {
    vi.advanceTimersByTime(2 * timeoutMs);
    return { headers: { authorization: 'Bearer admin-token' } };
  };
  const call = {
    verb: 'list',
    resource: { group: '', version: 'v1', plural: 'pods' },
    namespace: 'a',
  } as const;
  const answer = await request({ server: cluster.server, options }, call, timeoutMs, undefined).finally(() =>
    vi.useRealTimers(),
  );
  expect(answer).toMatchObject({ items: [] });
});
