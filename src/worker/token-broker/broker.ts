import { isLoopbackHost } from '../../text/loopback.ts';
import {
  type Answer,
  invalidRequest,
  json,
  methodNotAllowed,
  metricsText,
  type Outcome,
  oauthError,
} from './answer.ts';
import { Metrics } from './metrics.ts';
import { rememberingLast } from './remember.ts';
import { type NoToken, secondsLeft, type Token } from './service-account-token.ts';
import { refuseTokenRequest } from './token-request.ts';

export interface BrokerSettings {
  /** Path of the token endpoint. */
  readonly path: string;
  /** Seconds after which a client is to ask again, unless the token ends earlier. */
  readonly expiresIn: number;
}

export interface BrokerPorts {
  /** The token as it is now, or why there is none. @param now milliseconds since 1970. */
  readonly readToken: (now: number) => Token | NoToken;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told when a token can no longer be handed out (with the reason) and when it can again (undefined); not for every request. */
  readonly onChange: (problem: string | undefined) => void;
  /** Told of a fault of ours, which a client sees as `server_error`. */
  readonly onFault: (error: unknown) => void;
}

/** A request without its body. */
export interface RequestHead {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  /** Every `Host` header that there is. */
  readonly hosts: readonly string[];
}

/** Decides what every request gets; `server.ts` does the talking. */
export class TokenBroker {
  private readonly metrics = new Metrics();
  private readonly isLoopbackHost = rememberingLast(isLoopbackHost);
  private problem: string | undefined;
  private lastGrant: { readonly text: string; readonly seconds: number; readonly answer: Answer } | undefined;

  constructor(
    private readonly settings: BrokerSettings,
    private readonly ports: BrokerPorts,
  ) {}

  /** What `work` answers. A fault of ours must not end the process: others are being answered. */
  guarded<T>(work: () => T): T | Answer {
    try {
      return work();
    } catch (error) {
      this.ports.onFault(error);
      return oauthError('server_error', 500, 'server_error', 'the broker failed');
    }
  }

  /** The answer that a request gets whatever its body; undefined for one that asks for a token: that is `grant`'s. */
  answer(head: RequestHead): Answer | undefined {
    const [host, ...more] = head.hosts;
    if (host === undefined || more.length > 0) return invalidRequest('there must be one Host header');
    if (!this.isLoopbackHost(host))
      return invalidRequest('the Host header does not name a loopback address', 'host_refused', 403);
    // Proxies send absolute targets; nothing here is meant to be behind one.
    if (!head.target.startsWith('/')) return invalidRequest('the target of the request is not a path');
    const [path] = head.target.split('?', 1);
    if (path === this.settings.path) return head.method === 'POST' ? undefined : methodNotAllowed('POST');
    const page = path === '/health' ? this.health : path === '/metrics' ? this.metricsPage : undefined;
    if (page === undefined) return invalidRequest('there is nothing at this path', 'not_found', 404);
    return head.method === 'GET' || head.method === 'HEAD' ? page() : methodNotAllowed('GET, HEAD');
  }

  /** The answer to a request for a token. */
  grant(contentType: string | undefined, body: Buffer): Answer {
    const refusal = refuseTokenRequest(contentType, body);
    if (refusal !== undefined) return refusal;
    const now = this.ports.now();
    const token = this.token(now);
    if ('reason' in token)
      return oauthError('temporarily_unavailable', 503, 'temporarily_unavailable', token.reason);
    const { expiresIn } = this.settings;
    return this.granted(token.text, Math.min(expiresIn, secondsLeft(token, now) ?? expiresIn));
  }

  count(outcome: Outcome): void {
    this.metrics.count(outcome);
  }

  private readonly health = (): Answer => {
    const token = this.token(this.ports.now());
    return 'reason' in token
      ? json('not_ready', 503, { status: 'not ready', reason: token.reason })
      : json('ready', 200, { status: 'ready' });
  };

  private readonly metricsPage = (): Answer => {
    const now = this.ports.now();
    return metricsText(this.metrics.text(this.token(now), now));
  };

  /** The same token is handed out many times, with the same seconds mostly. */
  private granted(text: string, seconds: number): Answer {
    if (this.lastGrant?.text !== text || this.lastGrant.seconds !== seconds) {
      const content = { access_token: text, token_type: 'Bearer', expires_in: seconds };
      this.lastGrant = { text, seconds, answer: json('granted', 200, content) };
    }
    return this.lastGrant.answer;
  }

  private token(now: number): Token | NoToken {
    const token = this.ports.readToken(now);
    const problem = 'reason' in token ? token.reason : undefined;
    if (problem !== this.problem) this.ports.onChange(problem);
    this.problem = problem;
    return token;
  }
}
