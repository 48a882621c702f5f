import { z } from "zod";
import { stream } from "#src/kernel/random";

const count = z.int().min(1);
const when = {
  at: z
    .union([count, z.array(count).min(1)])
    .optional()
    .describe("number of the event or call, counted from 1 over everything the rule applies to"),
  probability: z.number().gt(0).max(1).optional().describe("chance of each event or call"),
  times: count.optional().describe("most times that the rule strikes in a session"),
};
const forMs = z.number().nonnegative().optional().describe("milliseconds that a delay (100) or hang (60000) lasts");

const actorRule = z.strictObject({
  target: z.literal("actor"),
  path: z
    .string()
    .min(1)
    .describe("place in the tree, `*` for one name and `**` for any: `services/collector`, `conditions/*/tasks/*`"),
  event: z.string().min(1).optional().describe("only events of this type count: `outcome.store`"),
  fault: z.enum(["crash", "hang", "delay", "drop", "duplicate"]).describe("what becomes of the event"),
  forMs,
  ...when,
});

const plugRule = z.strictObject({
  target: z.enum(["executor", "store", "backend"]),
  fault: z.enum(["crash", "hang", "delay", "reject", "drop", "duplicate"]).describe("what becomes of the call"),
  forMs,
  status: z
    .int()
    .min(400)
    .max(599)
    .default(503)
    .describe("HTTP status that a rejected attempt or model call fails with"),
  retryAfterMs: z.number().nonnegative().optional().describe("what a rejection asks to wait"),
  ...when,
});

/** One fault, and when it strikes: at the n-th event or call, or by chance. */
const faultRule = z.discriminatedUnion("target", [actorRule, plugRule]).superRefine(({ at, probability }, issues) => {
  if ((at === undefined) === (probability === undefined))
    issues.addIssue({ code: "custom", message: "must have either at or probability", input: { at, probability } });
});

/** A schedule of faults as plain data: what a `faults.json` holds. */
export const faultSchedule = z.array(faultRule).min(1);
export type FaultSchedule = z.input<typeof faultSchedule>;
export type FaultRule = z.output<typeof faultRule>;
export type ActorRule = Extract<FaultRule, { target: "actor" }>;
export type PlugRule = Exclude<FaultRule, { target: "actor" }>;

/** A rule that counts what it sees. */
export interface LiveRule<R extends FaultRule = FaultRule> {
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
export function liveRule<R extends FaultRule>(rule: R, number: number, seed: number | string): LiveRule<R> {
  const { at, probability, times = Number.POSITIVE_INFINITY } = rule;
  const numbers = new Set([at ?? []].flat());
  let seen = 0;
  let struck = 0;
  return {
    rule,
    counts: () => ({ seen, struck }),
    strikes(key) {
      seen += 1;
      if (struck >= times) return false;
      const hit =
        probability === undefined ? numbers.has(seen) : stream(seed, "fault", number, key ?? seen)() < probability;
      if (hit) struck += 1;
      return hit;
    },
  };
}

/** The first rule that strikes; all of them count. */
export function struckBy<R extends FaultRule>(rules: readonly LiveRule<R>[], key?: string): R | undefined {
  let first: R | undefined;
  for (const live of rules) if (live.strikes(key)) first ??= live.rule;
  return first;
}

/**
 * Whether a path of the tree matches a pattern.
 *
 * @example pathMatches("conditions/*\u002ftasks/*", "conditions/cot/tasks/q1#0") // => true
 */
export function pathMatches(pattern: string, path: string): boolean {
  const parts = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "s").test(path);
}

/** @example describeRule({ target: "store", fault: "reject", at: 2, status: 503 }) // => "reject store at 2" */
export function describeRule(rule: FaultRule): string {
  const where = rule.target === "actor" ? rule.path + (rule.event ? ` (${rule.event})` : "") : rule.target;
  const often = rule.at === undefined ? `with probability ${rule.probability}` : `at ${[rule.at].flat().join(", ")}`;
  return `${rule.fault} ${where} ${often}`;
}

/** Milliseconds that a delay or hang lasts unless the rule says otherwise. */
export const lastsMs = ({ fault, forMs: given }: FaultRule): number => given ?? (fault === "hang" ? 60_000 : 100);
