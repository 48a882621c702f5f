/**
 * First in, first out, in constant time: the `shift` of an array takes as long as the array is, and minutes for a hundred thousand.
 *
 * @example
 * const queue = new Queue<string>();
 * queue.push("a");
 * queue.push("b");
 * queue.shift() // => "a"
 */
export class Queue<T> {
  #added: T[] = [];
  /** The oldest last. */
  #left: T[] = [];

  push(item: T): void {
    this.#added.push(item);
  }

  shift(): T | undefined {
    if (this.#left.length === 0 && this.#added.length > 0) {
      this.#left = this.#added.reverse();
      this.#added = [];
    }
    return this.#left.pop();
  }

  /** Takes out what is `alike` up to the first that is one; says whether there was one. */
  take(isOne: (item: T) => boolean, alike: (item: T) => boolean): boolean {
    const all = [...this.#left.reverse(), ...this.#added];
    const at = all.findIndex(isOne);
    this.#added = all.filter((item, i) => i > at || !alike(item));
    this.#left = [];
    return at >= 0;
  }
}
