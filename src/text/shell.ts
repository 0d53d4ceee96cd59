/** A word for a POSIX shell, whatever is in it. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9._/:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** An option with a value that may begin with a hyphen. */
export function shellOption(name: string, value: string): string {
  return value.startsWith('-') ? `${name}=${shellWord(value)}` : `${name} ${shellWord(value)}`;
}
