/** Numbers of n-grams, by their text. */
export type Grams = ReadonlyMap<string, number>;

/** How often each run of n words occurs. */
export function gramsOf(words: readonly string[], n: number): Grams {
  const grams = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join(" ");
    grams.set(gram, (grams.get(gram) ?? 0) + 1);
  }
  return grams;
}

/** N-grams that both have, each as often as in the one that has it less often. */
export function sharedGrams(a: Grams, b: Grams): number {
  let shared = 0;
  for (const [gram, count] of a) shared += Math.min(count, b.get(gram) ?? 0);
  return shared;
}

/**
 * Length of the longest common subsequence, 32 words of `b` at a time.
 *
 * @see Hyyrö, "Bit-Parallel LCS-length Computation Revisited" (2004)
 * @example commonSubsequence(["police", "killed", "the", "gunman"], ["police", "kill", "the", "gunman"]) // => 3
 */
export function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  const blocks = Math.ceil(b.length / 32);
  const places = new Map<string, Uint32Array>();
  b.forEach((word, i) => {
    const bits = places.get(word) ?? new Uint32Array(blocks);
    bits[i >> 5]! |= 1 << (i & 31);
    places.set(word, bits);
  });
  const row = new Uint32Array(blocks).fill(0xffff_ffff);
  for (const word of a) {
    const match = places.get(word);
    if (!match) continue;
    let carry = 0;
    for (let block = 0; block < blocks; block++) {
      const bits = row[block]!;
      const u = (bits & match[block]!) >>> 0;
      const sum = bits + u + carry;
      carry = sum > 0xffff_ffff ? 1 : 0;
      row[block] = (sum >>> 0) | ((bits & ~match[block]!) >>> 0);
    }
  }
  let zeros = 0;
  for (let i = 0; i < b.length; i++) if ((row[i >> 5]! & (1 << (i & 31))) === 0) zeros += 1;
  return zeros;
}
