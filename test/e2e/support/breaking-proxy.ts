import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * What becomes of one connection. Bytes are counted from the server's side: a cut is in the middle of a handshake, an
 * answer or a watch.
 */
export type Fate =
  | { readonly kind: 'refuse' | 'pass' }
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'delay'; readonly milliseconds: number };

export interface BreakingProxy extends AsyncDisposable {
  readonly url: string;
  /** How often each fate was met. */
  readonly met: Readonly<Record<Fate['kind'], number>>;
  /** Asked for each connection. */
  fate: () => Fate;
}

/** A network between a client and the API server that breaks as `fate` says; TLS goes through it untouched. */
export async function startBreakingProxy(server: string, fate: () => Fate): Promise<BreakingProxy> {
  const { hostname, port } = new URL(server);
  const open = new Set<Socket>();
  const met = { refuse: 0, pass: 0, cut: 0, delay: 0 };
  const listener = createServer((incoming) => {
    const next = proxy.fate();
    met[next.kind] += 1;
    incoming.on('error', () => {});
    if (next.kind === 'refuse') return incoming.resetAndDestroy();
    const start = () => {
      const outgoing = connect(Number(port), hostname).on('error', () => incoming.destroy());
      for (const socket of [incoming, outgoing]) {
        open.add(socket);
        socket.on('close', () => open.delete(socket));
      }
      let bytes = 0;
      outgoing.on('data', (chunk: Buffer) => {
        const left = next.kind === 'cut' ? next.afterBytes - bytes : Number.POSITIVE_INFINITY;
        bytes += chunk.length;
        if (left >= chunk.length) return incoming.write(chunk);
        incoming.write(chunk.subarray(0, Math.max(left, 0)), () => incoming.destroy());
        outgoing.destroy();
      });
      outgoing.on('close', () => incoming.end());
      incoming.on('close', () => outgoing.destroy());
      incoming.pipe(outgoing);
    };
    if (next.kind === 'delay') setTimeout(start, next.milliseconds);
    else start();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const proxy: BreakingProxy = {
    url: `https://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    met,
    fate,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
  return proxy;
}

/** Fates that a seed decides (mulberry32), five of six of them bad. */
export function fatesOf(seed: number): () => Fate {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return () => {
    const kind =
      (['refuse', 'cut', 'cut', 'cut', 'delay', 'pass'] as const)[Math.floor(random() * 6)] ?? 'pass';
    // The handshake is about 1.5 kB, an answer 1 to 4 kB.
    if (kind === 'cut') return { kind, afterBytes: Math.floor(random() * 12_000) };
    if (kind === 'delay') return { kind, milliseconds: Math.floor(random() * 1500) };
    return { kind };
  };
}
