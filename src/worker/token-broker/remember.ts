/**
 * The same function, which remembers its last answer: for what is asked the same again and again, and is the same until it changes.
 * @param work depends on its input alone.
 */
export function rememberingLast<Input, Output>(work: (input: Input) => Output): (input: Input) => Output {
  let last: { readonly input: Input; readonly output: Output } | undefined;
  return (input) => {
    if (last === undefined || last.input !== input) last = { input, output: work(input) };
    return last.output;
  };
}
