import { keyForMessage } from '../text/credential-form.ts';
import { nameForMessage } from '../text/printable.ts';

/** The warning about an org that the settings override and the source does not have. */
export function unknownOverride(org: string): string {
  return `the settings override org ${nameForMessage(keyForMessage(org))}, which the source does not have`;
}
