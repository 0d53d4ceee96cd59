/**
 * Every secret that this process has seen, and the last thing that any output goes through. Whoever reads or makes a secret
 * adds it here first, so that no message, library error or field that holds it can show it.
 */
export class Redactions {
  private readonly secrets = new Set<string>();

  /** Registers a secret, and gives it back. The short ones stand in ordinary words too: they are none. */
  add(secret: string): string {
    if (secret.length >= shortest) {
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

  /** The text without any of the secrets, in whatever usual spelling: as it is, in a URL, in JSON, in base64. */
  apply(text: string): string {
    // The longest first: a secret may be part of another.
    const known = [...this.secrets].sort((a, b) => b.length - a.length);
    return known.reduce((redacted, secret) => redacted.replaceAll(secret, '[redacted]'), text);
  }
}

const shortest = 6;
