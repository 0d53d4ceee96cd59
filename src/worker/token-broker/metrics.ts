import { type Outcome, outcomes } from './answer.ts';
import { type NoToken, secondsLeft, type Token } from './service-account-token.ts';

/** Counts requests by their outcome. */
export class Metrics {
  private readonly requests = new Map<Outcome, number>(outcomes.map((outcome) => [outcome, 0]));

  count(outcome: Outcome): void {
    this.requests.set(outcome, (this.requests.get(outcome) ?? 0) + 1);
  }

  /**
   * The metrics in Prometheus' text format. Of the token they show whether there is one, its age and its lifetime,
   * where these are known, and nothing else.
   *
   * @param now milliseconds since 1970.
   */
  text(token: Token | NoToken, now: number): string {
    const there = 'reason' in token ? undefined : token;
    const age =
      there?.issuedAt === undefined ? undefined : Math.max(0, Math.floor(now / 1000 - there.issuedAt));
    return [
      ...family('requests_total', 'counter', 'Requests, by what became of them.', [
        ...[...this.requests].map(([outcome, count]) => `{outcome="${outcome}"} ${count}`),
      ]),
      ...family('token_ready', 'gauge', 'Whether there is a token to hand out.', [` ${there ? 1 : 0}`]),
      ...family('token_age_seconds', 'gauge', 'Seconds since the token was issued.', sample(age)),
      ...family(
        'token_remaining_seconds',
        'gauge',
        'Seconds until the token expires.',
        sample(there && secondsLeft(there, now)),
      ),
    ].join('');
  }
}

function sample(value: number | undefined): string[] {
  return value === undefined ? [] : [` ${value}`];
}

function family(name: string, type: string, help: string, samples: readonly string[]): string[] {
  const full = `lakekeeper_token_broker_${name}`;
  return samples.length === 0
    ? []
    : [`# HELP ${full} ${help}\n# TYPE ${full} ${type}\n`, ...samples.map((one) => `${full}${one}\n`)];
}
