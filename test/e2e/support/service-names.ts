import { createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import type { Cluster } from './cluster.ts';

/**
 * What DNS and kube-proxy do for the names of Services: a name leads to a ready pod of the Service, if there are
 * both. The operator comes through an HTTP proxy; a process with a file system of its own finds an address of this
 * machine in its /etc/hosts.
 */
export interface ServiceNames {
  /** For HTTP_PROXY. */
  readonly proxy: string;
  /** Lines for /etc/hosts that make the Service's names lead to it, whether it is there yet or not. */
  hosts(namespace: string, service: string, port: number): Promise<string>;
  stop(): Promise<void>;
}

/** An address of this machine. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** @param endpoint of a ready pod with all these labels; undefined when there is none. */
export async function serviceNames(
  cluster: Cluster,
  endpoint: (namespace: string, labels: Readonly<Record<string, string>>) => Endpoint | undefined,
): Promise<ServiceNames> {
  const servers: Server[] = [];
  const resolve = async (host: string, port: number): Promise<Endpoint | undefined> => {
    const [, name, namespace] = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?$/.exec(host) ?? [];
    if (!name || !namespace) return undefined;
    const service = await cluster.get({ apiVersion: 'v1', kind: 'Service', metadata: { namespace, name } });
    const isServed = service?.spec.ports.some((served: { port: number }) => served.port === port);
    return isServed ? endpoint(namespace, service?.spec.selector) : undefined;
  };

  const proxy = createHttpServer((incoming, response) => {
    const url = new URL(incoming.url ?? '', 'http://nowhere');
    void resolve(url.hostname, Number(url.port || 80)).then((found) => {
      if (found === undefined) return response.writeHead(502).end('no such service');
      const { method, headers } = incoming;
      const target = { host: found.host, port: found.port, method, headers, path: url.pathname + url.search };
      const sent = request(target, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      sent.on('error', () => response.destroy());
      incoming.pipe(sent);
    });
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  servers.push(proxy);

  const addresses = new Map<string, Promise<string>>();
  const listen = async (namespace: string, service: string, port: number): Promise<string> => {
    const server = createServer((incoming) => {
      incoming.on('error', () => {});
      void resolve(`${service}.${namespace}.svc`, port).then((target) => {
        if (target === undefined) return incoming.destroy();
        const outgoing = connect(target.port, target.host).on('error', () => incoming.destroy());
        incoming.on('close', () => outgoing.destroy());
        incoming.pipe(outgoing).pipe(incoming);
      });
    });
    for (;;) {
      // An address of its own instead of a free port: the port is in the catalog's URL.
      const bytes = Array.from({ length: 3 }, () => 1 + Math.floor(Math.random() * 253));
      const address = `127.${bytes.join('.')}`;
      const isOurs = await new Promise<boolean>((done, fail) => {
        server.once('error', (error: NodeJS.ErrnoException) =>
          error.code === 'EADDRINUSE' ? done(false) : fail(error),
        );
        server.listen(port, address, () => done(true));
      });
      if (!isOurs) continue;
      servers.push(server);
      return address;
    }
  };
  return {
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    hosts: async (namespace, service, port) => {
      const name = `${service}.${namespace}.svc`;
      const address = addresses.get(`${name}:${port}`) ?? listen(namespace, service, port);
      addresses.set(`${name}:${port}`, address);
      return `${await address} ${name} ${name}.cluster.local\n`;
    },
    stop: async () => {
      proxy.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    },
  };
}
