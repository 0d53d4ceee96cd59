/** Length of the column `status_message`, in characters. */
export const maxMessageLength = 1024;

/** The message, cut to a number of characters. */
export function cutMessage(message: string, maxLength = maxMessageLength): string {
  const characters = [...message];
  return characters.length <= maxLength ? message : `${characters.slice(0, maxLength - 1).join('')}…`;
}
