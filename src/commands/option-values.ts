import { InvalidArgumentError } from 'commander';

/** Parsers for values of options. */

/** `900s` or `15m`, in seconds. */
export function durationSeconds(text: string): number {
  const [, count, unit] = /^([1-9][0-9]{0,5})([sm])$/.exec(text) ?? [];
  if (count === undefined)
    throw new InvalidArgumentError('expected whole seconds or minutes, like 900s or 15m');
  return Number(count) * (unit === 'm' ? 60 : 1);
}

export function positiveNumber(text: string): number {
  if (!/^[1-9][0-9]{0,2}$/.test(text)) throw new InvalidArgumentError('expected a number from 1 to 999');
  return Number(text);
}
