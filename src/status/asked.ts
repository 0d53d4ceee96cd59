import { explain } from '../text/errors.ts';

/** What was asked for; or why it could not be asked. What cannot be reached is unknown, never fine. */
export type Asked<T> = { readonly value: T } | { readonly unknown: string };

/** Never throws. */
export async function ask<T>(work: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { unknown: explain(error) };
  }
}

/** Goes on with what was answered. */
export function mapAsked<T, R>(asked: Asked<T>, work: (value: T) => R): Asked<R> {
  return 'value' in asked ? { value: work(asked.value) } : asked;
}
