/** Whether a stand-in's version is older than another one. */
export function isBefore({ version = '0.12.2' }: { readonly version?: string }, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) < 0;
}
