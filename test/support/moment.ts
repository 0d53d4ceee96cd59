/** Something that comes once, and can be awaited. */
export interface Moment<T = void> {
  readonly reached: Promise<T>;
  /** Says that it has come. */
  readonly come: (value: T) => void;
}

export function moment<T = void>(): Moment<T> {
  let come: (value: T) => void = () => undefined;
  const reached = new Promise<T>((resolve) => {
    come = resolve;
  });
  return { reached, come };
}
