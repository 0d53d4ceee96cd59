import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Authority } from '../../support/certificates.ts';

/**
 * Stands between the operator and the API server. Records what the operator asks for, and holds back the events of a
 * kind: what the operator knows of it is out of date.
 */
export interface WatchGate extends AsyncDisposable {
  readonly url: string;
  /** Every request so far: `PUT /api/v1/namespaces/a/services/b`. */
  readonly requests: readonly string[];
  /** @param plural such as `deployments` */
  hold(plural: string): void;
  /** Lets through what was held back. */
  release(): void;
}

/** @param authority of the API server's certificate, and of the gate's. */
export async function startWatchGate(server: string, authority: Authority): Promise<WatchGate> {
  const watches = new Set<{ plural: string; events: IncomingMessage; response: ServerResponse }>();
  const requests: string[] = [];
  let held: string | undefined;
  const listener = createServer(authority.issue('watch-gate', ['127.0.0.1']), (incoming, response) => {
    const { method, headers, url = '' } = incoming;
    const { pathname, searchParams } = new URL(url, server);
    requests.push(`${method} ${pathname}`);
    const sent = request(`${server}${url}`, { method, headers, ca: authority.cert }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.on('error', () => response.destroy());
      const plural = pathname.split('/').at(-1) ?? '';
      if (searchParams.get('watch') === null) return answer.pipe(response);
      const watch = { plural, events: answer, response };
      watches.add(watch);
      answer.on('close', () => watches.delete(watch));
      if (plural !== held) answer.pipe(response);
    });
    sent.on('error', () => response.destroy());
    response.on('close', () => sent.destroy());
    incoming.pipe(sent);
  });
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  const watchesOf = (plural: string | undefined) => [...watches].filter((watch) => watch.plural === plural);
  return {
    url: `https://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    requests,
    hold: (plural) => {
      held = plural;
      for (const { events, response } of watchesOf(held)) events.unpipe(response);
    },
    release: () => {
      for (const { events, response } of watchesOf(held)) events.pipe(response);
      held = undefined;
    },
    [Symbol.asyncDispose]: async () => {
      listener.closeAllConnections();
      await new Promise((done) => listener.close(done));
    },
  };
}
