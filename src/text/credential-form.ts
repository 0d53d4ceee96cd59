import { printable } from './printable.ts';

/** Patterns of credentials, with a name for each. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^/\s:@]*:[^/\s@]+@/, 'a URL with a password in it'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/, 'an AWS access key'],
];

/** What each of them needs: a quick test before the patterns, as it runs on every text of every org. */
const suspicious = /@|-----BEGIN |A[KS]IA/;

function formOf(text: string): string | undefined {
  return suspicious.test(text) ? forms.find(([pattern]) => pattern.test(text))?.[1] : undefined;
}

/** The kind of credential that a value contains at any depth; undefined when it contains none. */
export function credentialForm(value: unknown): string | undefined {
  if (typeof value === 'string') return formOf(value);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key in value) {
    const form = credentialForm(key) ?? credentialForm((value as Record<string, unknown>)[key]);
    if (form !== undefined) return form;
  }
  return undefined;
}

/** Whether a name is none, but a connection string or a part of one: a URL, user:password@host, key=value. */
export function isConnectionString(name: string): boolean {
  return /:\/\/|:.*@|=/s.test(name);
}

/** Whether a text that was not understood may be a connection string, also one that is mistyped or quoted. */
export function mayHoldCredential(text: string): boolean {
  return isConnectionString(text) || /[@"'`]/.test(text);
}

/** Instead of a value, in a message. */
export const notRepeated = '(not repeated, as it may hold a credential)';

/** A value that was not understood, for a message: quoted like JSON, unless it may hold a credential. */
export function valueForMessage(value: string | undefined): string {
  return mayHoldCredential(value ?? '') ? notRepeated : printable(JSON.stringify(value ?? ''));
}

/** A key or a name that was not understood, for a message. */
export function keyForMessage(key: string): string {
  return isConnectionString(key) ? notRepeated : key;
}

/** The path of a file or an object that was named, for a message. */
export function pathForMessage(path: string): string {
  return mayHoldCredential(path) ? notRepeated : path;
}
