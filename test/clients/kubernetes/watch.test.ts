import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import { resources } from '../../../src/registration/objects/cluster-objects.ts';
import {
  type LakekeeperObject,
  watchLakekeeper,
} from '../../../src/registration/objects/operator-objects.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';

let standIn: KubernetesStandIn;
let stop: AbortController;
let waits: number;
let watch: AsyncGenerator<LakekeeperObject | undefined>;
beforeEach(async () => {
  standIn = await startKubernetesStandIn();
  stop = new AbortController();
  waits = 0;
  watch = watchLakekeeper(client(), { namespace: 'lakekeeper', name: 'acme' }, stop.signal);
});
afterEach(async () => {
  stop.abort();
  await standIn[Symbol.asyncDispose]();
});

const client = () =>
  kubernetesClient(
    {
      server: standIn.server,
      options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
    },
    {
      wait: async () => {
        waits += 1;
      },
    },
  );
const put = (step: number, name = 'acme') =>
  standIn.put('lakekeepers', { metadata: { name, namespace: 'lakekeeper' }, status: { step } });
const step = async () =>
  ((await watch.next()).value as (LakekeeperObject & { status: { step: number } }) | undefined)?.status.step;
const watching = (count = 1) => expect.poll(() => standIn.watches).toBe(count);
const verbs = () => standIn.requests.map(({ verb }) => verb);
const versions = () => standIn.requests.map(({ query }) => query.resourceVersion);
/** The next step, asked for before something happens. */
const after = async (happens: () => unknown) => {
  const next = step();
  await watching();
  await happens();
  return await next;
};

test('a token that is refused when a watch is opened is read once more', async () => {
  put(1);
  const codes = [401];
  standIn.faults.push(({ verb }) => {
    const code = verb === 'watch' ? codes.shift() : undefined;
    return code === undefined ? undefined : { code };
  });
  expect(await step()).toBe(1);
  expect(await after(() => put(2))).toBe(2);
  expect(verbs()).toEqual(['list', 'watch', 'watch']);
  codes.push(401, 401);
  const next = step();
  next.catch(() => {});
  standIn.endWatches();
  await expect(next).rejects.toMatchObject({ name: 'PermanentError' });
});

test('shows the object as it is, then each change, then that it is gone', async () => {
  put(1);
  expect(await step()).toBe(1);
  expect(await after(() => put(2))).toBe(2);
  expect(await after(() => put(7, 'other') && put(3))).toBe(3);
  expect(await after(() => standIn.delete('lakekeepers', 'lakekeeper', 'acme'))).toBeUndefined();
  expect(await after(() => put(4))).toBe(4);
  expect(verbs()).toEqual(['list', 'watch']);
  expect(standIn.requests[1]?.query).toMatchObject({
    fieldSelector: 'metadata.name=acme',
    allowWatchBookmarks: 'true',
  });
});

test.each(['cut', 'end'] as const)(
  'a connection that is %s is taken up where it stood, without a list, and misses nothing',
  async (how) => {
    put(1);
    expect(await step()).toBe(1);
    expect(await after(() => put(2))).toBe(2);
    const version = standIn.get('lakekeepers', 'lakekeeper', 'acme')?.metadata.resourceVersion;
    const next = step();
    standIn.faults.push(({ verb }) => {
      // Changed while nobody was watching.
      if (verb === 'watch' && standIn.watches === 0 && verbs().length === 3) put(3);
      return undefined;
    });
    standIn.endWatches(how);
    expect(await next).toBe(3);
    expect(verbs()).toEqual(['list', 'watch', 'watch']);
    expect(versions()[2]).toBe(version);
  },
);

test('resumes from the version of the last bookmark', async () => {
  put(1);
  expect(await step()).toBe(1);
  const next = step();
  await watching();
  const other = put(7, 'other');
  standIn.bookmark();
  standIn.compact();
  standIn.endWatches();
  await expect.poll(() => verbs().length).toBe(3);
  await watching();
  put(2);
  expect(await next).toBe(2);
  expect(verbs()).toEqual(['list', 'watch', 'watch']);
  expect(versions()[2]).toBe(other.metadata.resourceVersion);
});

test('410: lists again, shows what changed meanwhile, and does not show the same twice', async () => {
  put(1);
  expect(await step()).toBe(1);
  const expire = () => {
    put(7, 'other');
    standIn.compact();
    standIn.endWatches('cut');
  };
  const next = step();
  await watching();
  put(8, 'other');
  expire();
  await expect.poll(() => verbs().filter((verb) => verb === 'list').length).toBe(2);
  await watching();
  put(2);
  expect(await next).toBe(2);
});

test('a watch that is answered with 410 before it begins leads to a new list, too', async () => {
  put(1);
  expect(await step()).toBe(1);
  let refused = false;
  standIn.faults.push(({ verb }) => {
    if (verb !== 'watch' || refused) return undefined;
    refused = true;
    put(2);
    return { code: 410 };
  });
  expect(await step()).toBe(2);
  expect(verbs()).toEqual(['list', 'watch', 'list']);
});

test('waits only after failures: connections that bring nothing do not make it spin', async () => {
  put(1);
  expect(await step()).toBe(1);
  let refusals = 5;
  standIn.faults.push(({ verb }) =>
    verb === 'watch' && refusals-- > 0 ? { connection: 'cutBefore' } : undefined,
  );
  expect(await after(() => put(2))).toBe(2);
  expect(waits).toBe(5);
});

test.each([
  ['a bookmark', () => standIn.bookmark()],
  ['an event', () => put(100 + verbs().length)],
] as const)('a proxy that closes each watch after %s does not make it spin', async (_, say) => {
  put(1);
  expect(await step()).toBe(1);
  standIn.faults.push(({ verb }) => {
    if (verb === 'watch')
      setImmediate(() => {
        say();
        standIn.endWatches();
      });
    return undefined;
  });
  const seen = (async () => {
    for (;;) if (((await step()) ?? 0) >= 1000) return 'the change';
  })();
  const watches = () => verbs().filter((verb) => verb === 'watch').length;
  await expect.poll(watches).toBeGreaterThan(20);
  // A wait before each watch but the first, and the one that is open.
  expect(waits).toBeGreaterThanOrEqual(watches() - 2);
  put(1000);
  expect(await seen).toBe('the change');
  await watch.return(undefined);
});

test('an API server that is away while it waits does not end it; a missing right does', async () => {
  put(1);
  expect(await step()).toBe(1);
  const answers = [410, ...Array.from({ length: 40 }, () => 503)];
  standIn.faults.push(() => {
    const code = answers.shift();
    return code === undefined ? undefined : { code };
  });
  expect(await after(() => put(2))).toBe(2);
  const missing = 'User "job" cannot watch resource "lakekeepers"';
  standIn.faults.unshift(() => ({ code: 403, text: JSON.stringify({ message: missing }) }));
  const next = step();
  standIn.endWatches();
  await expect(next).rejects.toThrow('the right to watch lakekeepers');
});

test('ends when it is told to, with the reason', async () => {
  put(1);
  expect(await step()).toBe(1);
  const next = step();
  await watching();
  stop.abort(new Error('deadline'));
  await expect(next).rejects.toThrow('deadline');
  await watching(0);
});

test('puts an event together that comes in pieces, also when a character is split', async () => {
  const line = Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { name: 'ü' } } })}\n`);
  const cut = line.indexOf('ü') + 1;
  let secondPiece = () => {};
  const server = createServer((_, response) => {
    response.write(line.subarray(0, cut));
    secondPiece = () => response.end(line.subarray(cut));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const createConnection = () => {
    const socket = connect(port, '127.0.0.1');
    // Only when the first piece has been read.
    socket.once('data', () => setImmediate(secondPiece));
    return socket;
  };
  const address = `http://127.0.0.1:${port}`;
  const inPieces = kubernetesClient({ server: address, options: async () => ({ createConnection }) });
  const call = { verb: 'watch', resource: resources.lakekeepers, namespace: 'lakekeeper' } as const;
  const names: string[] = [];
  for await (const { object } of inPieces.watch(call, stop.signal))
    names.push((object as LakekeeperObject).metadata.name);
  server.close();
  expect(names).toEqual(['ü']);
});
