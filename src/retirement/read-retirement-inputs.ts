import { decodeRetirement, type RetirementInputs } from '../catalog/retirement-inputs.ts';
import { readText } from '../text/text-file.ts';

/**
 * @throws UsageError when there is no such file; PermanentError when it holds no retirement inputs of this version.
 */
export async function readRetirementInputs(file: string): Promise<RetirementInputs> {
  return decodeRetirement(await readText(file));
}
