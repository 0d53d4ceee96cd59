/** Whether an owner really has a key. */
export type Holds = (owner: number, key: string) => boolean;

/** Answers that are remembered, for keys that many ask for. */
const remembered = 1000;

/**
 * Who has a key, for millions of keys, in ten bytes each: of a key only a hash is kept, and whether the owner that it leads to has the very
 * key is asked each time. So the answer is exact, and an org that is given a crafted id costs time, but is never taken for another.
 */
export class Owners {
  private hashes: Uint32Array;
  /** The owner and one more; 0 where the slot is free. */
  private slots: Uint32Array;
  private count = 0;
  private readonly known = new Map<string, number>();

  /**
   * @param expected about how many keys there will be.
   * @param holds asked of owners that `set` was called with.
   */
  constructor(
    expected: number,
    private readonly holds: Holds,
  ) {
    const capacity = Math.ceil(expected / fullest) + 16;
    this.hashes = new Uint32Array(capacity);
    this.slots = new Uint32Array(capacity);
  }

  /**
   * The owner of a key, or undefined.
   *
   * @param self is not asked: what nobody else has is its own.
   */
  of(key: string, self?: number): number | undefined {
    const hash = hashOf(key);
    const owner = this.slots[this.find(key, hash, self)] as number;
    return owner === 0 ? undefined : owner - 1;
  }

  /**
   * Gives a key to an owner, unless somebody has it.
   *
   * @param outranks whether the key is taken from another who has it. @returns who has it now.
   */
  set(key: string, owner: number, outranks: (other: number) => boolean = () => false): number {
    if (this.count >= this.slots.length * fullest) this.grow();
    const hash = hashOf(key);
    const slot = this.find(key, hash, owner);
    const seen = this.slots[slot] as number;
    if (seen !== 0 && !outranks(seen - 1)) return seen - 1;
    this.hashes[slot] = hash;
    this.slots[slot] = owner + 1;
    if (seen === 0) this.count += 1;
    return owner;
  }

  /** The slot of whoever has a key; when that is nobody, the one of `self`, or a free one. */
  private find(key: string, hash: number, self: number | undefined): number {
    let own: number | undefined;
    let slot = hash % this.slots.length;
    for (; this.slots[slot] !== 0; slot = this.next(slot)) {
      if (this.hashes[slot] !== hash) continue;
      const owner = (this.slots[slot] as number) - 1;
      if (owner === self) own = slot;
      else if (this.isOwner(owner, key)) return slot;
    }
    return own ?? slot;
  }

  private isOwner(owner: number, key: string): boolean {
    if (this.known.get(key) === owner) return true;
    if (!this.holds(owner, key)) return false;
    if (this.known.size >= remembered) this.known.clear();
    this.known.set(key, owner);
    return true;
  }

  private next(slot: number): number {
    return slot + 1 === this.slots.length ? 0 : slot + 1;
  }

  private grow(): void {
    const { hashes, slots } = this;
    this.hashes = new Uint32Array(slots.length * 2);
    this.slots = new Uint32Array(slots.length * 2);
    slots.forEach((value, from) => {
      if (value === 0) return;
      const hash = hashes[from] as number;
      let slot = hash % this.slots.length;
      while (this.slots[slot] !== 0) slot = this.next(slot);
      this.hashes[slot] = hash;
      this.slots[slot] = value;
    });
  }
}

/** How much of the slots may be taken: beyond, searching takes long. */
const fullest = 0.8;

/** FNV-1a of the UTF-16 code units, mixed once more, as it is cut by a division. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
