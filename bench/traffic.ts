import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Crossing, Fate, Gate } from '../test/support/crossing.ts';

/** What crossed between the program and its servers. */
export interface Counts {
  readonly kubernetes: number;
  readonly lakekeeper: number;
  /** Logins to Postgres. */
  readonly connections: number;
  /** The most sessions of Postgres that were open at a time. */
  readonly sessions: number;
  /** Round trips to Postgres beyond connecting. */
  readonly statements: number;
  /** Requests that change something at the API server or at Lakekeeper. */
  readonly writes: number;
  /** The most requests that were under way at a time. */
  readonly atATime: number;
}

type Totals = { -readonly [name in keyof Counts]: number };
const none: Counts = {
  ...{ kubernetes: 0, lakekeeper: 0, connections: 0, sessions: 0, statements: 0 },
  ...{ writes: 0, atATime: 0 },
};

/** Counts what the program sends, and lets every request take the time that it has to a server that is far away. */
export class Traffic {
  private counts: Totals = { ...none };
  private underWay = 0;
  private open = 0;
  /** Of each request, in milliseconds. */
  latency = 0;

  /** For `startPostgresProxy`. */
  readonly gate: Gate = (crossing): Fate | Promise<Fate> => {
    if (crossing.stage === 'answer') {
      this.answered();
      return 'pass';
    }
    this.requested(crossing);
    return this.latency > 0 ? sleep(this.latency, 'pass' as const) : 'pass';
  };

  /** Counts what an HTTP server is asked, in its own process: a proxy before it would double its work. */
  watchHttp(name: 'kubernetes' | 'lakekeeper', server: HttpServer): void {
    const [answer] = server.listeners('request');
    server.removeAllListeners('request');
    server.on('request', async (message: IncomingMessage, response: ServerResponse) => {
      // A token that is given out changes nothing.
      const isWrite = message.method !== 'GET' && !message.url?.endsWith('/token');
      this.requested({ server: name, what: '', isWrite });
      response.once('close', () => this.answered());
      if (this.latency > 0) await sleep(this.latency);
      answer?.call(server, message, response);
    });
  }

  /** Counts the sessions of a proxy before Postgres. */
  watchSessions(server: Server): void {
    server.on('connection', (socket) => {
      this.open += 1;
      this.counts.sessions = Math.max(this.counts.sessions, this.open);
      socket.once('close', () => {
        this.open -= 1;
      });
    });
  }

  /** @returns the counts since the last call. */
  take(): Counts {
    const { counts } = this;
    this.counts = { ...none };
    this.underWay = 0;
    return counts;
  }

  private requested({ server, what, isWrite }: Pick<Crossing, 'server' | 'what' | 'isWrite'>): void {
    const { counts } = this;
    if (server === 'kubernetes' || server === 'lakekeeper') counts[server] += 1;
    else counts[what.startsWith('connect ') ? 'connections' : 'statements'] += 1;
    if (isWrite && server !== 'postgres') counts.writes += 1;
    this.underWay += 1;
    counts.atATime = Math.max(counts.atATime, this.underWay);
  }

  private answered(): void {
    // A request of the run before may be answered after its counts were taken.
    this.underWay = Math.max(0, this.underWay - 1);
  }
}
