/** Texts, which are not put together: there are a dozen keys for each org, and nearly all are only hashed. */
export type Key = readonly string[];

/** Whether an owner really has a key. */
export type Holds = (owner: number, key: Key) => boolean;

/** Answers that are remembered, for keys that many ask for. */
const remembered = 1000;

/**
 * Who has a key, for millions of keys, in five bytes each: of a key only some bits of its hash are kept, and whether the owner that they lead
 * to has the very key is asked each time. So the answer is exact, and an org that is given a crafted id costs time, but is never taken for
 * another.
 */
export class Owners {
  /** A slot is 0 where it is free; else these bits are the owner and one more, and the others are from the hash. */
  private readonly ownerBits: number;
  /** All but the last are full. */
  private readonly tables: Uint32Array[];
  /** Slots of the last that are taken. */
  private count = 0;
  private readonly known = new Map<string, number>();

  /**
   * @param owners are numbers below it. @param expected about how many keys there will be.
   * @param holds asked of owners that `set` was called with.
   */
  constructor(
    owners: number,
    expected: number,
    private readonly holds: Holds,
  ) {
    this.ownerBits = 32 - Math.clz32(owners);
    this.tables = [tableFor(expected)];
  }

  /**
   * The owner of a key, or undefined.
   *
   * @param self is not asked: what nobody else has is its own.
   */
  of(key: Key, self?: number): number | undefined {
    const { owner } = this.find(() => key, hashOf(key), self);
    return owner;
  }

  /** Gives a key to an owner, unless somebody has it. @returns who has it now. */
  set(key: Key, owner: number): number {
    return this.setByHash(
      hashOf(key),
      () => key,
      owner,
      () => false,
    );
  }

  /**
   * The same for a key that is looked at only where its hash is met.
   *
   * @param hash `hashOf(key)`. @param outranks whether the key is taken from another who has it.
   */
  setByHash(hash: number, key: () => Key, owner: number, outranks: (other: number) => boolean): number {
    const seen = this.find(key, hash, owner);
    if (seen.owner !== undefined && !outranks(seen.owner)) return seen.owner;
    seen.table[seen.slot] = (hash << this.ownerBits) | (owner + 1);
    if (seen.owner === undefined && ++this.count >= seen.table.length * fullest) {
      this.tables.push(tableFor(2 * this.count));
      this.count = 0;
    }
    return owner;
  }

  /** Where whoever has a key is; when that is nobody, where `self` is, or a free slot. */
  private find(key: () => Key, hash: number, self: number | undefined): Place {
    const { ownerBits } = this;
    const mark = (hash << ownerBits) >>> ownerBits;
    let own: Place | undefined;
    let free: Place | undefined;
    for (const table of this.tables) {
      // The first bits of the hash say where to begin, as the last ones are kept.
      let slot = Math.floor((hash / 2 ** 32) * table.length);
      for (let content = table[slot] as number; content !== 0; content = table[slot] as number) {
        if (content >>> ownerBits === mark) {
          const owner = (content & (2 ** ownerBits - 1)) - 1;
          if (owner === self) own = { table, slot, owner };
          else if (this.isOwner(owner, key())) return { table, slot, owner };
        }
        slot = slot + 1 === table.length ? 0 : slot + 1;
      }
      free = { table, slot, owner: undefined };
    }
    return own ?? (free as Place);
  }

  private isOwner(owner: number, key: Key): boolean {
    const text = key.join('\0');
    if (this.known.get(text) === owner) return true;
    if (!this.holds(owner, key)) return false;
    if (this.known.size >= remembered) this.known.clear();
    this.known.set(text, owner);
    return true;
  }
}

interface Place {
  readonly table: Uint32Array;
  readonly slot: number;
  /** Undefined where it is free. */
  readonly owner: number | undefined;
}

/** How much of the slots may be taken: beyond, searching takes long. */
const fullest = 0.8;

function tableFor(keys: number): Uint32Array {
  return new Uint32Array(Math.ceil(keys / fullest) + 16);
}

/** 32 bits: FNV-1a of the UTF-16 code units, mixed once more, as its first and its last bits are looked at. */
export function hashOf(key: Key): number {
  let hash = 0x811c9dc5;
  for (const text of key) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    // Where a text ends.
    hash = Math.imul(hash ^ 0x10000, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
