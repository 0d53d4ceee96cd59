/** What a step leads over: a key, a value, or where an object begins or ends. */
export type Step = string | number | boolean | symbol | null | undefined;

/**
 * A place in the tree of all shapes. Whoever takes two catalogs of one shape apart, step by step, comes to the same place; every
 * difference leads to another.
 */
export class Shape {
  // Most places lead on to a single other.
  private step: Step;
  private next: Shape | undefined;
  private others: Map<Step, Shape> | undefined;
  private own: Shape[] | undefined;

  /** The place after a step that is the same in every catalog of the shape. */
  after(step: Step): Shape {
    if (this.next === undefined) {
      this.step = step;
      this.next = new Shape();
    }
    if (step === this.step) return this.next;
    this.others ??= new Map();
    let other = this.others.get(step);
    if (other === undefined) {
      other = new Shape();
      this.others.set(step, other);
    }
    return other;
  }

  /** The place after a text of the org's own. @param index which of them. */
  afterOwn(index: number): Shape {
    this.own ??= [];
    let next = this.own[index];
    if (next === undefined) {
      next = new Shape();
      this.own[index] = next;
    }
    return next;
  }
}
