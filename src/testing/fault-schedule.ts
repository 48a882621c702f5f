import { z } from "zod";
import { forMs, type LiveRule as Live, liveRule as live, refusal, when } from "#src/faults/rule";

export { lastsMs, pathMatches, struckBy } from "#src/faults/rule";

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
  ...refusal,
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
export type LiveRule<R extends FaultRule = FaultRule> = Live<R>;

/** Starts counting. @param number of the rule in its schedule: rules draw from streams of their own */
export const liveRule: <R extends FaultRule>(rule: R, number: number, seed: number | string) => LiveRule<R> = live;

/** @example describeRule({ target: "store", fault: "reject", at: 2, status: 503 }) // => "reject store at 2" */
export function describeRule(rule: FaultRule): string {
  const where = rule.target === "actor" ? rule.path + (rule.event ? ` (${rule.event})` : "") : rule.target;
  const often = rule.at === undefined ? `with probability ${rule.probability}` : `at ${[rule.at].flat().join(", ")}`;
  return `${rule.fault} ${where} ${often}`;
}
