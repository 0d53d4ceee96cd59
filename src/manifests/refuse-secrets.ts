/** Texts that are credentials by their form: a URL with a password, a private key, an AWS key id. */
const credentialForms: readonly [RegExp, string][] = [
  [/:\/\/[^/\s:@]*:[^/\s@]+@/, 'a URL with a password in it'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/, 'an AWS access key'],
];

/**
 * Synth renders references, never credentials. This is the last look at every object before it becomes text.
 *
 * @throws Error when the object is a Secret, or holds what is a credential by its form. The message does not repeat it.
 */
export function refuseSecrets(object: unknown): void {
  const { kind, metadata } = object as { kind?: string; metadata?: { name?: string } };
  const subject = `${kind} ${metadata?.name}`;
  if (kind === 'Secret')
    throw new Error(
      `synth would have written the Secret ${metadata?.name}; Secrets are made by the registration Job alone`,
    );
  for (const text of textsOf(object)) {
    const [, form] = credentialForms.find(([pattern]) => pattern.test(text)) ?? [];
    if (form !== undefined)
      throw new Error(
        `synth would have written ${form} into ${subject}; put it into a Secret and refer to that in the settings`,
      );
  }
}

function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) yield* textsOf(inner);
}
