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
    let isSelf = false;
    for (let slot = hash % this.slots.length; this.slots[slot] !== 0; slot = this.next(slot)) {
      if (this.hashes[slot] !== hash) continue;
      const owner = (this.slots[slot] as number) - 1;
      if (owner === self) isSelf = true;
      else if (this.isOwner(owner, key)) return owner;
    }
    return isSelf ? self : undefined;
  }

  /** Gives a key to an owner, unless somebody has it. */
  set(key: string, owner: number): void {
    if (this.of(key, owner) === undefined) this.add(key, owner);
  }

  /** Gives a key that nobody has to an owner. */
  add(key: string, owner: number): void {
    if (this.count >= this.slots.length * fullest) this.grow();
    this.put(hashOf(key), owner + 1);
    this.count += 1;
  }

  private isOwner(owner: number, key: string): boolean {
    if (this.known.get(key) === owner) return true;
    if (!this.holds(owner, key)) return false;
    if (this.known.size >= remembered) this.known.clear();
    this.known.set(key, owner);
    return true;
  }

  private put(hash: number, value: number): void {
    let slot = hash % this.slots.length;
    while (this.slots[slot] !== 0) slot = this.next(slot);
    this.hashes[slot] = hash;
    this.slots[slot] = value;
  }

  private next(slot: number): number {
    return slot + 1 === this.slots.length ? 0 : slot + 1;
  }

  private grow(): void {
    const { hashes, slots } = this;
    this.hashes = new Uint32Array(slots.length * 2);
    this.slots = new Uint32Array(slots.length * 2);
    slots.forEach((value, slot) => {
      if (value !== 0) this.put(hashes[slot] as number, value);
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
