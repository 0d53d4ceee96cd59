import type { Risk } from './risk.ts';

/** A kind of change: its title, and what happens when it is applied. */
export interface Kind {
  readonly risk: Exclude<Risk, 'none'>;
  readonly title: string;
  readonly effect: string;
}
