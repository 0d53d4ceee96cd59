import { median } from './median.ts';
import type { Cost } from './process.ts';
import type { Scene } from './scene.ts';

/** One row of the results. */
export interface Row {
  readonly what: string;
  /** At most this. */
  readonly goal: number;
  readonly seen: number;
  /** The same of processor time, where that says something. */
  readonly cpu?: number;
  /** Empty for a count. */
  readonly unit: '×' | 'MB' | 's' | '';
  /** What the numbers are made of. */
  readonly details: string;
}

export interface Part {
  readonly name: string;
  /** How many fleets of `--orgs` orgs each of its rounds writes. */
  readonly fleets: number;
  measure(scene: Scene): Promise<Row[]>;
}

/** A row of the most memory that something had: the median of the rounds. */
export function peak<K extends string>(
  of: string,
  goal: number,
  costs: readonly Record<K, Cost>[],
  measured: K,
): Row {
  const seen = median(costs.map((cost) => cost[measured].memory));
  return { what: `peak memory at ${of}`, goal, seen, unit: 'MB', details: '' };
}

/**
 * A row that compares what something cost with what something else cost in the same round: the median of the ratios.
 */
export function ratio<K extends string>(
  what: string,
  goal: number,
  costs: readonly Record<K, Cost>[],
  [measured, base]: readonly [K, K],
  factor = 1,
): Row {
  const of = (key: 'wall' | 'cpu') =>
    median(costs.map((cost) => (cost[measured][key] / cost[base][key]) * factor));
  const seconds = (key: K) => `${median(costs.map((cost) => cost[key].wall)).toFixed(2)} s`;
  const cpu = of('cpu');
  return {
    what,
    goal,
    seen: of('wall'),
    ...(Number.isNaN(cpu) ? {} : { cpu }),
    unit: '×',
    details: `${measured} ${seconds(measured)}, ${base} ${seconds(base)}`,
  };
}
