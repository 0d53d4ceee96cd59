import { decode, type RegistrationInputs } from '../catalog/registration-inputs.ts';
import { readText } from '../text/text-file.ts';

/**
 * @throws UsageError when there is no such file; PermanentError when it holds no registration inputs of this
 * version.
 */
export async function readInputs(file: string): Promise<RegistrationInputs> {
  return decode(await readText(file));
}
