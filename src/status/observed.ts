import { explain } from '../text/errors.ts';

/** An observed value, or the reason why it is unknown. What cannot be reached is never reported as fine. */
export type Observed<T> = { readonly value: T } | { readonly unknown: string };

/** Never throws. */
export async function observe<T>(work: () => Promise<T>): Promise<Observed<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { unknown: explain(error) };
  }
}

/** Maps a value that is known. */
export function mapObserved<T, R>(observed: Observed<T>, work: (value: T) => R): Observed<R> {
  return 'value' in observed ? { value: work(observed.value) } : observed;
}
