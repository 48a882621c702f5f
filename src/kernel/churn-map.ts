/**
 * A map whose entries come and go as fast as tasks do. V8 links the table that a `Map` or `Set` outgrows to the table that replaces it, for
 * the sake of iterators. Once such a table has become old, everything that later tables held stays in memory until the next full collection,
 * and a short-lived actor costs three times as much. A copy of the map has no such link.
 *
 * @example
 * const live = new ChurnMap().set(1, "a").set(2, "b");
 * live.delete(1);
 * live.values() // => ["b"]
 */
export class ChurnMap<K, V> {
  #entries = new Map<K, V>();
  #removed = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  set(key: K, value: V): this {
    this.#entries.set(key, value);
    return this;
  }

  /** @returns whether there was such an entry */
  delete(key: K): boolean {
    if (!this.#entries.delete(key)) return false;
    // copied after as many removals as there are entries: constant time a removal
    if (++this.#removed > this.#entries.size + FEW) this.#renew(this.#entries);
    return true;
  }

  clear(): void {
    this.#renew([]);
  }

  #renew(entries: Iterable<readonly [K, V]>): void {
    this.#entries = new Map(entries);
    this.#removed = 0;
  }

  /** As they are now, in the order in which they came. */
  keys(): K[] {
    return [...this.#entries.keys()];
  }

  /** As they are now, in the order in which they came. */
  values(): V[] {
    return [...this.#entries.values()];
  }
}

/** Removals that need no copy. */
const FEW = 8;
