import type { SecretReads } from './secret-objects.ts';

/** Secrets that were read a short time ago, so that a fleet reads once what its orgs share. */
export class RecentSecrets implements SecretReads {
  readonly #reads = new Map<string, { readonly read: Read; readonly endsAt: number }>();

  /** @param lifetimeMs how long a Secret may be taken for what it was, in milliseconds. */
  constructor(
    private readonly lifetimeMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get(at: string): Read | undefined {
    const known = this.#reads.get(at);
    return known !== undefined && known.endsAt > this.now() ? known.read : undefined;
  }

  set(at: string, read: Read): void {
    this.#reads.delete(at);
    // In the order in which they were read.
    for (const [other, { endsAt }] of this.#reads) {
      if (endsAt > this.now()) break;
      this.#reads.delete(other);
    }
    this.#reads.set(at, { read, endsAt: this.now() + this.lifetimeMs });
  }
}
type Read = NonNullable<ReturnType<SecretReads['get']>>;
