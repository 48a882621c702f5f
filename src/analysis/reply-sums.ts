import { canonicalJson } from "#src/kernel/digest";

/** Fields in which a task returns its reply; those that it has count together. */
export const replyFields = [
  "completion",
  "reply",
  "response",
  "answer",
  "output",
  "prediction",
  "text",
  "content",
] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The reply of a task, as one text; nothing where no field is known to hold one.
 *
 * @param sources where fields may stand, the first that has one counts
 * @example replyOf({ completion: "B", target: "A" }) // => "B"
 * @example replyOf({ target: "A" }) // => undefined
 */
export function replyOf(...sources: readonly (Fields | undefined)[]): string | undefined {
  let found: [string, unknown][] | undefined; // most rows hold none, and they may be a million
  for (const name of replyFields) {
    for (const fields of sources) {
      if (!fields || !Object.hasOwn(fields, name) || fields[name] === undefined) continue;
      found ??= [];
      found.push([name, fields[name]]);
      break;
    }
  }
  if (!found) return undefined;
  const [, only] = found[0]!;
  return found.length === 1 && typeof only === "string" ? only : canonicalJson(found);
}

/** The replies of one condition: eight bytes an item, whatever the order of its repeats. */
export interface ReplySums {
  add(item: number, reply: string | undefined): void;
  /** Sum of the digests of an item's replies, and how many they are. */
  of(item: number): readonly [sum: number, replies: number];
}

export function replySums(): ReplySums {
  let sums = new Float64Array(0);
  let counts = new Uint16Array(0);
  return {
    add(item, reply) {
      if (reply === undefined) return;
      if (item >= counts.length) {
        const length = Math.max(64, item + 1, counts.length * 2);
        const [oldSums, oldCounts] = [sums, counts];
        sums = new Float64Array(length);
        sums.set(oldSums);
        counts = new Uint16Array(length);
        counts.set(oldCounts);
      }
      sums[item]! += digestOf(reply);
      counts[item]! += 1;
    },
    of: (item) => [sums[item] ?? 0, counts[item] ?? 0],
  };
}

/** 45 bits of a text: 256 of them add up exactly. @see cyrb53, two lanes of multiplicative hashing */
function digestOf(text: string): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (b & 0x1fff) * 2 ** 32 + (a >>> 0);
}
