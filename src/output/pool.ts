/**
 * Does `work` on every item, at most `limit` at a time; the next item is taken when there is room.
 * After a failure no further item is taken.
 * @throws the first error, and only when nothing is under way any more: no work outlives this call.
 */
export async function atATime<T>(
  limit: number,
  items: AsyncIterable<T> | Iterable<T>,
  work: (item: T) => Promise<void> | undefined,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async () => {
    try {
      while (failures.length === 0) {
        const next = await iterator.next();
        if (next.done) return;
        await work(next.value);
      }
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failures.length > 0) throw failures[0];
}

/**
 * Does `work` on one item after the other, for as long as `isOn`. Nothing is left in memory of one when the next is made: the garbage
 * collector takes what is there twice for something that stays. Nothing is waited for that is there already.
 *
 * @returns the items that are left.
 */
export async function whilst<T>(
  isOn: () => boolean,
  items: AsyncIterable<T> | Iterable<T>,
  work: (item: T) => Promise<void> | undefined,
): Promise<AsyncIterable<T>> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const rest = { next: async () => iterator.next() };
  while (isOn()) {
    const coming = iterator.next();
    const next = coming instanceof Promise ? await coming : coming;
    if (next.done) break;
    const done = work(next.value);
    if (done !== undefined) await done;
  }
  return { [Symbol.asyncIterator]: () => rest };
}
