import type { SecretReads } from './secret-objects.ts';

/** A cache of Secrets with a short lifetime, so that a run of the fleet reads a shared Secret once. */
export class RecentSecrets implements SecretReads {
  private readonly reads = new Map<string, { readonly read: Read; readonly endsAt: number }>();

  /** @param lifetimeMs how long a Secret is not read again. */
  constructor(
    private readonly lifetimeMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get(at: string): Read | undefined {
    const known = this.reads.get(at);
    return known !== undefined && known.endsAt > this.now() ? known.read : undefined;
  }

  set(at: string, read: Read): void {
    this.reads.delete(at);
    // The map is in the order of the reads, so expired ones come first.
    for (const [other, { endsAt }] of this.reads) {
      if (endsAt > this.now()) break;
      this.reads.delete(other);
    }
    this.reads.set(at, { read, endsAt: this.now() + this.lifetimeMs });
  }
}
type Read = NonNullable<ReturnType<SecretReads['get']>>;
