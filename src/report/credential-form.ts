/** Texts that are credentials by their form, and what they are. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^/\s:@]*:[^/\s@]+@/, 'a URL with a password in it'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/, 'an AWS access key'],
];

/** What kind of credential stands in a value, at whatever depth; undefined when none does. Credentials never get into Git. */
export function credentialForm(value: unknown): string | undefined {
  if (typeof value === 'string') return forms.find(([pattern]) => pattern.test(value))?.[1];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const form = credentialForm(key) ?? credentialForm(inner);
    if (form !== undefined) return form;
  }
  return undefined;
}
