/** The same items, each order as likely as any other (Fisher and Yates). */
export function inRandomOrder<T>(items: readonly T[], random: () => number = Math.random): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}
