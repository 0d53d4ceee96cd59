/** A generator for each field of `T`. It is called with the signal that ends it. */
export type Sources<T> = {
  readonly [Field in keyof T]: (signal: AbortSignal) => AsyncGenerator<T[Field]>;
};

/**
 * The newest value of every source, as one object: when each source has yielded once, then after each new value, and
 * again after `repeatAfterMs` without one, for a consumer that also acts by time. Values that arrive while the
 * consumer is busy are merged.
 *
 * @param signal ends all sources. They also end when the consumer stops.
 * @throws the first error of a source.
 */
export async function* latestOf<T extends object>(
  sources: Sources<T>,
  signal: AbortSignal,
  repeatAfterMs: number,
): AsyncGenerator<T> {
  const stop = new AbortController();
  const ends = AbortSignal.any([signal, stop.signal]);
  const fields = Object.keys(sources) as (keyof T)[];
  const latest: Partial<T> = {};
  let failure: { readonly error: unknown } | undefined;
  let isNew = false;
  let wake = () => {};
  const follow = async (field: keyof T) => {
    for await (const value of sources[field](ends)) {
      latest[field] = value;
      isNew = true;
      wake();
    }
  };
  const following = fields.map((field) =>
    follow(field).catch((error: unknown) => {
      failure ??= { error };
      wake();
    }),
  );
  try {
    for (;;) {
      if (!isNew && !failure) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = setTimeout(resolve, repeatAfterMs);
        });
        clearTimeout(timer);
      }
      if (failure) throw failure.error;
      isNew = false;
      if (fields.every((field) => Object.hasOwn(latest, field))) yield { ...(latest as T) };
    }
  } finally {
    stop.abort();
    await Promise.all(following);
  }
}
