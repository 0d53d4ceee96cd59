/** Length of the column `status_message`, in characters. */
export const longestMessage = 1024;

/** The message, cut to a number of characters. */
export function cutMessage(message: string, longest = longestMessage): string {
  const characters = [...message];
  return characters.length <= longest ? message : `${characters.slice(0, longest - 1).join('')}…`;
}
