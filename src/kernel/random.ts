import { finalise } from "./digest.ts";

/** A uniform number in [0, 1) with 53 random bits, as `Math.random` but repeatable. */
export type Random = () => number;

/** A generator that also gives many numbers at once. */
export interface Stream {
  (): number;
  /** The numbers that as many calls would give, several times as quickly. */
  fill(into: Float64Array): void;
}

/**
 * A generator for one named stream of a seed. Streams with different names are independent, so that drawing more from one
 * never moves another: results do not depend on timing or parallelism.
 *
 * @param seed any integer or text
 * @param names what the stream is for: `stream(42, "order")`, `stream(42, "task", key, attempt)`
 * @see sfc32, Chris Doty-Humphrey, PractRand; passes its full test suite
 * @example stream(42, "order")() === stream(42, "order")() // => true
 */
export function stream(seed: number | string, ...names: (string | number)[]): Stream {
  let [a, b, c, d] = seedState(`${seed}\u0000${names.join("\u0000")}`);
  const next = (): number => {
    const t = (((a! + b!) | 0) + d!) | 0;
    d = (d! + 1) | 0;
    a = b! ^ (b! >>> 9);
    b = (c! + (c! << 3)) | 0;
    c = (c! << 21) | (c! >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  const random = (): number => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
  /** `random` into each place, on variables of its own: those of a closure are read from memory and written back at every step. */
  const fill = (into: Float64Array): void => {
    let [w, x, y, z] = [a! | 0, b! | 0, c! | 0, d! | 0];
    for (let i = 0; i < into.length; i++) {
      let high = (((w + x) | 0) + z) | 0;
      z = (z + 1) | 0;
      w = x ^ (x >>> 9);
      x = (y + (y << 3)) | 0;
      y = (((y << 21) | (y >>> 11)) + high) | 0;
      high >>>= 5;
      const low = (((w + x) | 0) + z) | 0;
      z = (z + 1) | 0;
      w = x ^ (x >>> 9);
      x = (y + (y << 3)) | 0;
      y = (((y << 21) | (y >>> 11)) + low) | 0;
      into[i] = (high * 67108864 + (low >>> 6)) / 9007199254740992;
    }
    [a, b, c, d] = [w, x, y, z];
  };
  return Object.assign(random, { fill });
}

/** xmur3-style hashing of a text into four words of state. */
function seedState(text: string): [number, number, number, number] {
  let h = 1779033703 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 3432918353);
    h = (h << 13) | (h >>> 19);
  }
  const word = (): number => {
    h = Math.imul(h ^ (h >>> 16), 2246822507);
    h = Math.imul(h ^ (h >>> 13), 3266489909);
    h ^= h >>> 16;
    return h >>> 0;
  };
  return [finalise(word()), word(), word(), word()];
}

/** A whole number in [0, bound). */
export const randomInt = (random: Random, bound: number): number => Math.floor(random() * bound);

/** A new array in random order (Fisher-Yates, Durstenfeld 1964). */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = randomInt(random, i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/** The numbers 0 to n - 1 in random order, 4 bytes each. */
export function permutation(n: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = randomInt(random, i + 1);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
