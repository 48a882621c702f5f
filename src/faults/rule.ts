import { z } from "zod";
import { stream } from "#src/kernel/random";
import { remembered } from "#src/kernel/remember";

/** What rules of all kinds share: when a fault strikes, how long it lasts, and what a refusal says. */

const count = z.int().min(1);

/** When a fault strikes. */
export const when = {
  at: z
    .union([count, z.array(count).min(1)])
    .optional()
    .describe("number of the event or call, counted from 1 over everything the rule applies to"),
  probability: z.number().gt(0).max(1).optional().describe("chance of each event or call"),
  times: count.optional().describe("most times that the rule strikes in a session"),
};
export const forMs = z
  .number()
  .nonnegative()
  .optional()
  .describe("milliseconds that a delay (100) or hang (60000) lasts");
export const httpStatus = z.int().min(400).max(599);
export const refusal = {
  status: httpStatus.default(503).describe("HTTP status that a rejected attempt or model call fails with"),
  retryAfterMs: z.number().nonnegative().optional().describe("what a rejection asks to wait"),
};

/** What counting needs of a rule. */
export interface WhenRule {
  readonly at?: number | number[] | undefined;
  readonly probability?: number | undefined;
  readonly times?: number | undefined;
}

/** A rule about events of actors. */
export interface EventRule extends WhenRule {
  /** Place in the tree, with `*` for one name and `**` for any. */
  readonly path: string;
  /** Only events of this type count. */
  readonly event?: string | undefined;
  readonly fault: "crash" | "hang" | "delay" | "drop" | "duplicate";
  readonly forMs?: number | undefined;
}

/** Milliseconds that a delay or hang lasts unless the rule says otherwise. */
export const lastsMs = ({
  fault,
  forMs: given,
}: {
  readonly fault: string;
  readonly forMs?: number | undefined;
}): number => given ?? (fault === "hang" ? 60_000 : 100);

/** A rule that counts what it sees. */
export interface LiveRule<R extends WhenRule> {
  readonly rule: R;
  /**
   * Counts one event or call more, and says whether the fault strikes.
   *
   * @param key names the call where it has a name: then chance depends on it alone, and not on the order of calls
   */
  strikes(key?: string): boolean;
  /** Events or calls that it counted, and strikes, so far. */
  counts(): { readonly seen: number; readonly struck: number };
}

/** Starts counting. @param number of the rule in its schedule: rules draw from streams of their own */
export function liveRule<R extends WhenRule>(rule: R, number: number, seed: number | string): LiveRule<R> {
  const { at, probability, times = Number.POSITIVE_INFINITY } = rule;
  const numbers = new Set([at ?? []].flat());
  let seen = 0;
  let struck = 0;
  const hits = (key: string | undefined): boolean => {
    if (probability !== undefined) return stream(seed, "fault", number, key ?? seen)() < probability;
    return at === undefined || numbers.has(seen);
  };
  return {
    rule,
    counts: () => ({ seen, struck }),
    strikes(key) {
      seen += 1;
      if (struck >= times) return false;
      const hit = hits(key);
      if (hit) struck += 1;
      return hit;
    },
  };
}

/** The first rule that strikes; all of them count. */
export function struckBy<R extends WhenRule>(rules: readonly LiveRule<R>[], key?: string): R | undefined {
  let first: R | undefined;
  for (const live of rules) if (live.strikes(key)) first ??= live.rule;
  return first;
}

/**
 * Whether a path of the tree matches a pattern.
 *
 * @example pathMatches("conditions/*\u002ftasks/*", "conditions/cot/tasks/q1#0") // => true
 */
export const pathMatches = (pattern: string, path: string): boolean => matcherOf(pattern).test(path);

const matcherOf = remembered((pattern) => {
  const parts = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "s");
});
