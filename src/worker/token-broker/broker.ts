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
import { cacheLast } from './cache-last.ts';
import { Metrics } from './metrics.ts';
import { type NoToken, secondsLeft, type Token } from './service-account-token.ts';
import { refuseTokenRequest } from './token-request.ts';

export interface BrokerSettings {
  /** Path of the token endpoint. */
  readonly path: string;
  /** Seconds after which a client asks again, unless the token expires earlier. */
  readonly expiresIn: number;
}

export interface BrokerPorts {
  /** Reads the present token, or why there is none. @param now milliseconds since 1970. */
  readonly readToken: (now: number) => Token | NoToken;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called with the reason when there is no longer a token, and with undefined when there is one again. */
  readonly onChange: (problem: string | undefined) => void;
  /** Called with an internal error, which the client sees as `server_error`. */
  readonly onFault: (error: unknown) => void;
}

/** A request without its body. */
export interface RequestHead {
  readonly method: string;
  /** The target of the request line, unparsed. */
  readonly target: string;
  /** Values of all `Host` headers. */
  readonly hosts: readonly string[];
}

/** Decides the answer to each request; `broker-server.ts` does the HTTP. */
export class TokenBroker {
  private readonly metrics = new Metrics();
  private readonly isLoopbackHost = cacheLast(isLoopbackHost);
  private problem: string | undefined;
  private lastGrant: { readonly text: string; readonly seconds: number; readonly answer: Answer } | undefined;

  constructor(
    private readonly settings: BrokerSettings,
    private readonly ports: BrokerPorts,
  ) {}

  /** Runs `work`; an internal error is answered too, because it must not end the process. */
  guarded<T>(work: () => T): T | Answer {
    try {
      return work();
    } catch (error) {
      this.ports.onFault(error);
      return oauthError('server_error', 500, 'server_error', 'the broker failed');
    }
  }

  /** The answer to a request that does not depend on its body; undefined for a token request, see `grant`. */
  answer(head: RequestHead): Answer | undefined {
    const [host, ...more] = head.hosts;
    if (host === undefined || more.length > 0) return invalidRequest('there must be one Host header');
    if (!this.isLoopbackHost(host))
      return invalidRequest('the Host header does not name a loopback address', 'host_refused', 403);
    // An absolute target is sent to a proxy only, and the broker is not one.
    if (!head.target.startsWith('/')) return invalidRequest('the target of the request is not a path');
    const [path] = head.target.split('?', 1);
    if (path === this.settings.path) return head.method === 'POST' ? undefined : methodNotAllowed('POST');
    const page = path === '/health' ? this.health : path === '/metrics' ? this.metricsPage : undefined;
    if (page === undefined) return invalidRequest('there is nothing at this path', 'not_found', 404);
    return head.method === 'GET' || head.method === 'HEAD' ? page() : methodNotAllowed('GET, HEAD');
  }

  /** The answer to a token request. */
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

  /** Remembers the last answer: the same token with the same lifetime is asked for many times. */
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
