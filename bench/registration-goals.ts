import { median } from './median.ts';
import type { Row } from './part.ts';
import type { Measured } from './registered-fleet.ts';

/** A command over a fleet that is in order, with servers as far away as a user has them. */
export interface Distance {
  readonly command: 'repair' | 'status';
  readonly latencyMs: number;
  /** Orgs at a time. */
  readonly concurrency: number;
}

/** What was measured of a command. */
export interface InOrder {
  readonly distance: Distance;
  /** Of each fleet, the smallest first, from the distance, in rounds. */
  readonly rounds: readonly (readonly Measured[])[];
}

/** The most that one org in order may take. */
const limits = {
  repair: { kubernetes: 6, lakekeeper: 3, connections: 4, statements: 12, sessions: 20, writes: 0 },
  status: { requests: 8, writes: 0 },
};

/** The goals of the whole life of an org, for fleets in order. */
export function goals({ distance, rounds }: InOrder): Row[] {
  const { command, latencyMs, concurrency } = distance;
  const small = rounds.at(0) ?? [];
  const large = rounds.at(-1) ?? [];
  const [first] = large;
  if (first === undefined) return [];
  const { orgs, counts } = first;
  const { kubernetes, lakekeeper, connections, statements, sessions, writes } = counts;
  const of = `${command}, ${orgs} orgs in order`;
  // To a tenth: the lists of the fleet are not counted for an org.
  const each = (count: number) => Math.round((count / orgs) * 10) / 10;
  const count = (what: string, goal: number, seen: number): Row => {
    return { what: `${of}: ${what}`, goal, seen, unit: '', details: '' };
  };
  const middle = (runs: readonly Measured[], value: (run: Measured) => number) => median(runs.map(value));
  const perOrg = (value: (run: Measured) => number) =>
    `${((middle(large, value) / orgs) * 1000).toFixed(1)} ms`;
  const roundTrips = (kubernetes + lakekeeper + connections + statements) / orgs;
  const time: Row = {
    what: `${of}, ${latencyMs} ms away, ${concurrency} at a time`,
    goal: (1.5 * roundTrips * latencyMs * orgs) / concurrency / 1000,
    seen: middle(large, ({ cost }) => cost.wall),
    unit: 's',
    details:
      `${roundTrips.toFixed(1)} round trips of an org; processor time of an org: program ` +
      `${perOrg(({ cost }) => cost.cpu)}, stand-ins ${perOrg(({ elsewhere }) => elsewhere.servers)}, ` +
      `Postgres ${perOrg(({ elsewhere }) => elsewhere.postgres)}`,
  };
  const memory: Row = {
    what: `${command}: peak memory with ${orgs} orgs, of that with ${small[0]?.orgs}`,
    goal: 1.25,
    seen: middle(large, ({ cost }) => cost.memory) / middle(small, ({ cost }) => cost.memory),
    unit: '×',
    details: [small, large]
      .map((runs) => `${middle(runs, ({ cost }) => cost.memory).toFixed(0)} MB`)
      .join(', '),
  };
  const counted =
    command === 'status'
      ? [
          count(
            'requests of an org, with logins and statements',
            limits.status.requests,
            each(kubernetes + lakekeeper + connections + statements),
          ),
        ]
      : [
          count('requests of an org to the API server', limits.repair.kubernetes, each(kubernetes)),
          count('requests of an org to Lakekeeper', limits.repair.lakekeeper, each(lakekeeper)),
          count('logins of an org to Postgres', limits.repair.connections, each(connections)),
          count('round trips of an org to Postgres after that', limits.repair.statements, each(statements)),
          count('sessions of Postgres at a time', limits.repair.sessions, sessions),
        ];
  return [time, memory, ...counted, count('writes', limits[command].writes, writes)];
}
