/** Sources of the fields of `T`: each is called with a signal that ends what it opened. */
export type Sources<T> = {
  readonly [Field in keyof T]: (signal: AbortSignal) => AsyncGenerator<T[Field]>;
};

/**
 * The newest value of every source, in one object: once each has had one, again whenever one of them has
 * another, and again when nothing has changed for a while, for a reader who acts by time too. Values that come
 * while the reader is busy are merged, so that a burst of changes is read once.
 *
 * @param signal ends all sources; so does the reader when it stops reading.
 * @throws what a source throws.
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
