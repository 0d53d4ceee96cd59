/**
 * The same function with a cache of one entry: for an input that changes rarely.
 * @param work must depend on its input alone.
 */
export function cacheLast<Input, Output>(work: (input: Input) => Output): (input: Input) => Output {
  let last: { readonly input: Input; readonly output: Output } | undefined;
  return (input) => {
    if (last === undefined || last.input !== input) last = { input, output: work(input) };
    return last.output;
  };
}
