/**
 * The secrets that this process knows; all output is filtered by it. Code that reads or creates a secret adds it here
 * first, so that no message, library error or log field can show it.
 */
export class Redactions {
  private readonly secrets = new Set<string>();

  /** Adds a secret and returns it. Very short ones are left out: they occur in ordinary words. */
  add(secret: string): string {
    if (secret.length >= minSecretLength) {
      this.secrets.add(secret);
      for (const form of [
        encodeURIComponent(secret),
        JSON.stringify(secret).slice(1, -1),
        Buffer.from(secret).toString('base64'),
      ])
        this.secrets.add(form);
    }
    return secret;
  }

  /** The text with every secret replaced: verbatim, and as it is encoded in a URL, in JSON and in base64. */
  apply(text: string): string {
    // Longest first: a secret may be part of another.
    const known = [...this.secrets].sort((a, b) => b.length - a.length);
    return known.reduce((redacted, secret) => redacted.replaceAll(secret, '[redacted]'), text);
  }
}

const minSecretLength = 6;
