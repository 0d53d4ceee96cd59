import { decode, type RegistrationInputs } from '../catalog/registration-inputs.ts';
import { readText } from '../text/text-file.ts';

/**
 * Reads the registration inputs from a file.
 *
 * @throws UsageError if there is no such file; PermanentError if it has no registration inputs of this version.
 */
export async function readInputs(file: string): Promise<RegistrationInputs> {
  return decode(await readText(file));
}
