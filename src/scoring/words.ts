/** The runs of up to n words of references, each as often as in the reference that has it most often. */
export interface Grams {
  readonly n: number;
  /** The number of a word. */
  readonly words: ReadonlyMap<string, number>;
  readonly runs: Runs;
  /** By the number of a run. */
  readonly most: Uint32Array;
}

export function gramsOf(references: readonly (readonly string[])[], n: number): Grams {
  const words = numbered(references.flat());
  const runs = new Runs(references.reduce((sum, { length }) => sum + length, 0) * n);
  const most = new Uint32Array(runs.capacity + 1);
  const counts = new Uint32Array(runs.capacity + 1);
  for (const [i, reference] of references.entries()) {
    if (i > 0) counts.fill(0);
    const ids = Uint32Array.from(reference, (word) => words.get(word)!);
    for (let from = 0; from < ids.length; from++) {
      let run = 0;
      for (let to = from; to < ids.length && to < from + n; to++) {
        run = runs.longer(run, ids[to]!, true);
        const count = counts[run]! + 1;
        counts[run] = count;
        if (count > most[run]!) most[run] = count;
      }
    }
  }
  return { n, words, runs, most };
}

/**
 * How many runs of each length, from 1 to n, a text shares with references: each as often as in the one that has it less often.
 *
 * @example sharedGrams(["a", "b", "a"], gramsOf([["a", "b", "c"]], 2)) // => [2, 1]
 */
export function sharedGrams(said: readonly string[], { n, words, runs, most }: Grams): readonly number[] {
  const shared = Array.from({ length: n }, () => 0);
  const left = most.slice();
  const ids = said.map((word) => words.get(word) ?? -1);
  for (let from = 0; from < ids.length; from++) {
    let run = 0;
    for (let to = from; to < ids.length && to < from + n && ids[to]! >= 0; to++) {
      run = runs.longer(run, ids[to]!, false);
      if (run === 0) break;
      if (left[run]! === 0) continue;
      left[run]! -= 1;
      shared[to - from]! += 1;
    }
  }
  return shared;
}

/** Numbers of runs of words, from 1: a run is known by the run that it continues with and its last word. The empty run is 0. */
class Runs {
  readonly capacity: number;
  private readonly slots: Uint32Array;
  private readonly before: Uint32Array;
  private readonly last: Uint32Array;
  private count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * capacity + 2))); // at most half full
    this.before = new Uint32Array(capacity + 1);
    this.last = new Uint32Array(capacity + 1);
  }

  /** The number of the run that continues with a word; 0 where there is none, and it is not to be added. */
  longer(run: number, word: number, add: boolean): number {
    const mask = this.slots.length - 1;
    const mixed = Math.imul(run, 0x9e3779b1) ^ Math.imul(word + 1, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    for (let found = this.slots[slot]!; found !== 0; found = this.slots[slot]!) {
      if (this.before[found] === run && this.last[found] === word) return found;
      slot = (slot + 1) & mask;
    }
    if (!add) return 0;
    this.count += 1;
    this.slots[slot] = this.count;
    this.before[this.count] = run;
    this.last[this.count] = word;
    return this.count;
  }
}

function numbered(words: readonly string[]): Map<string, number> {
  const ids = new Map<string, number>();
  for (const word of words) if (!ids.has(word)) ids.set(word, ids.size);
  return ids;
}

/**
 * Length of the longest common subsequence, 32 words of the shorter text at a time. What both begin and end with is counted first.
 *
 * @see Hyyrö, "Bit-Parallel LCS-length Computation Revisited" (2004)
 * @example commonSubsequence(["police", "killed", "the", "gunman"], ["police", "kill", "the", "gunman"]) // => 3
 */
export function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  let [start, endA, endB] = [0, a.length, b.length];
  while (start < endA && start < endB && a[start] === b[start]) start += 1;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const same = start + a.length - endA;
  const [left, right] = [a.slice(start, endA), b.slice(start, endB)];
  return same + (left.length < right.length ? lengthOf(right, left) : lengthOf(left, right));
}

function lengthOf(a: readonly string[], b: readonly string[]): number {
  if (b.length === 0) return 0;
  const blocks = Math.ceil(b.length / 32);
  const ids = numbered(b);
  const places = new Uint32Array(ids.size * blocks);
  b.forEach((word, i) => {
    places[ids.get(word)! * blocks + (i >> 5)]! |= 1 << (i & 31);
  });
  const row = new Int32Array(blocks).fill(-1);
  for (const word of a) {
    const id = ids.get(word);
    if (id === undefined) continue;
    let carry = 0;
    for (let block = 0, at = id * blocks; block < blocks; block++, at++) {
      const bits = row[block]! >>> 0;
      const match = places[at]!;
      const sum = bits + ((bits & match) >>> 0) + carry;
      carry = sum > 0xffff_ffff ? 1 : 0;
      row[block] = sum | (bits & ~match);
    }
  }
  let zeros = 0;
  for (let i = 0; i < b.length; i++) if ((row[i >> 5]! & (1 << (i & 31))) === 0) zeros += 1;
  return zeros;
}
