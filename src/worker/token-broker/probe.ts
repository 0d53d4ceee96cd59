import { get } from 'node:http';
import { hostAndPort, type ListenAddress } from './listen-address.ts';

const probeTimeoutMs = 3_000;

/**
 * Asks a running broker whether it is ready. The kubelet's own HTTP probe cannot: it comes from outside of the pod, and
 * the broker listens on loopback.
 *
 * @throws Error with the reason why it is not ready.
 */
export async function probeTokenBroker(listen: ListenAddress): Promise<void> {
  const where = hostAndPort(listen);
  const status = await new Promise<number>((resolve, reject) => {
    const request = get(
      { host: listen.address, port: listen.port, path: '/health', agent: false, timeout: probeTimeoutMs },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (cause) => reject(new Error(`the broker at ${where} does not answer`, { cause })));
  });
  if (status !== 200)
    throw new Error(`the broker at ${where} is not ready (status ${status}); its log says why`);
}
