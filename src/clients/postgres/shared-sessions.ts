import type pg from 'pg';
import { connect, disconnect } from './connect.ts';
import type { Connection } from './connection.ts';

/** A session that nobody uses for so long is closed. */
const idleMs = 2000;

interface Session {
  readonly client: pg.Client;
  isLost: boolean;
  closes?: NodeJS.Timeout;
}

/**
 * Sessions that the orgs of one run use one after another, for reads. A login takes the server, and the network,
 * several times as long as the read.
 */
export class SharedSessions {
  private readonly idle = new Map<string, Session[]>();

  /**
   * Runs `work` with a session that no other caller has at the time.
   *
   * @param url of the connection: callers share sessions only if they know the same URL, with its password.
   * @param work sets nothing in the session, and may be repeated: an idle session may turn out to be lost.
   * @throws as `withClient`.
   */
  async withClient<T>(
    url: string,
    connection: Connection,
    work: (client: pg.Client) => Promise<T>,
  ): Promise<T> {
    const kept = this.idle.get(url)?.pop();
    if (kept !== undefined) {
      clearTimeout(kept.closes);
      try {
        return await this.use(url, connection, kept, work);
      } catch (error) {
        connection.signal?.throwIfAborted();
        if (!kept.isLost) throw error;
      }
    }
    const fresh: Session = { client: await connect(connection), isLost: false };
    const lose = () => {
      fresh.isLost = true;
    };
    fresh.client.on('error', lose).once('end', lose);
    return this.use(url, connection, fresh, work);
  }

  /** Closes the sessions that nobody uses. */
  async end(): Promise<void> {
    const all = [...this.idle.values()].flat();
    this.idle.clear();
    for (const { closes } of all) clearTimeout(closes);
    await Promise.all(all.map(({ client }) => disconnect(client)));
  }

  private async use<T>(
    url: string,
    { signal }: Connection,
    session: Session,
    work: (client: pg.Client) => Promise<T>,
  ): Promise<T> {
    const { client } = session;
    const stop = () => client.connection.stream.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const result = await work(client);
      this.keep(url, session);
      return result;
    } catch (error) {
      await disconnect(client);
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  private keep(url: string, session: Session): void {
    const idle = this.idle.get(url) ?? [];
    this.idle.set(url, [...idle, session]);
    session.closes = setTimeout(() => {
      const others = this.idle.get(url) ?? [];
      this.idle.set(
        url,
        others.filter((other) => other !== session),
      );
      void disconnect(session.client);
    }, idleMs);
  }
}
