import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { vi } from 'vitest';
import { kubeconfigOf } from './kubeconfig.ts';
import { withDirectory } from './tree.ts';

/** Lends a kubeconfig whose cluster answers as `answer` does. */
export async function withCluster<T>(
  answer: (url: URL, request: IncomingMessage) => { status: number; body: object },
  work: () => Promise<T>,
): Promise<T> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { status, body } = answer(new URL(request.url ?? '', 'http://cluster'), request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const cluster = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return await withKubeconfig(cluster, 'token-of-the-test', work);
  } finally {
    server.close();
  }
}

/** Lends a kubeconfig of a cluster, as the environment's and by its path. */
export function withKubeconfig<T>(
  server: string,
  token: string,
  work: (kubeconfig: string) => Promise<T>,
): Promise<T> {
  return withDirectory(async (directory) => {
    const kubeconfig = join(directory, 'config');
    await writeFile(kubeconfig, kubeconfigOf(server, token));
    vi.stubEnv('KUBECONFIG', kubeconfig);
    try {
      return await work(kubeconfig);
    } finally {
      vi.unstubAllEnvs();
    }
  });
}
