import { credentialForm } from '../text/credential-form.ts';

/**
 * Synth renders references, never credentials. Rows and settings were checked when they were parsed; this is the last
 * check, of every object before it is written.
 *
 * @throws Error when the object is a Secret, or contains a credential. The message does not repeat it.
 */
export function refuseSecrets(object: unknown): void {
  const { kind, metadata } = object as { kind?: string; metadata?: { name?: string } };
  if (kind === 'Secret')
    throw new Error(
      `synth would have written the Secret ${metadata?.name}; Secrets are made by the registration Job alone`,
    );
  const form = credentialForm(object);
  if (form !== undefined)
    throw new Error(
      `synth would have written ${form} into ${kind} ${metadata?.name}; put it into a Secret and ` +
        'refer to that in the settings',
    );
}
