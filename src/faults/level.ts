import { z } from "zod";
import { isMeantBy } from "#src/kernel/glob";
import { aimedActor, mostCrashes } from "./level-actor.ts";
import { forMs, httpStatus, refusal, when } from "./rule.ts";

/** What of a condition a fault can be aimed at. */
export const targetKinds = ["tool", "scorer", "backend", "rows", "actor"] as const;
export type TargetKind = (typeof targetKinds)[number];

const callFaults = ["timeout", "error", "delay", "truncate", "drop", "corrupt", "duplicate", "storm"] as const;
const faultNames = [...callFaults, "crash"] as const;
export type LevelFault = (typeof faultNames)[number];

/** Which faults each kind of target can have. */
const possible: Readonly<Record<TargetKind, readonly LevelFault[]>> = {
  tool: callFaults,
  backend: callFaults,
  scorer: ["timeout", "error", "delay", "drop", "corrupt"],
  rows: ["truncate", "drop", "corrupt", "duplicate"],
  actor: ["crash"],
};

/** Options that only some faults read. */
const readBy: Readonly<Record<string, readonly LevelFault[]>> = {
  forMs: ["timeout", "delay"],
  status: ["error"],
  retryAfterMs: ["error", "storm"],
  keep: ["truncate"],
  with: ["corrupt"],
  fields: ["drop", "corrupt", "truncate"],
  attempts: ["timeout", "error", "storm", "crash"],
};

/** A target in its two parts: `tool:search` is the tools that `search` means, and `tool` is all of them. */
export function aimOf(target: string): { readonly kind: string; readonly pattern: string } {
  const colon = target.indexOf(":");
  if (colon === -1) return { kind: target, pattern: "*" };
  return { kind: target.slice(0, colon), pattern: target.slice(colon + 1) };
}

/** Whether a rule is aimed at a part of a condition. @example isAimedAt({ target: "tool:se*" }, "tool", "search") // => true */
export function isAimedAt({ target }: Pick<LevelRule, "target">, kind: TargetKind, name: string): boolean {
  const aim = aimOf(target);
  return aim.kind === kind && isMeantBy(aim.pattern, name);
}

/** Whether a rule strikes an item as a whole: every call of it in as many attempts as are meant, or none. */
export const isOfItem = ({ fault, target }: { readonly fault: LevelFault; readonly target: string }): boolean =>
  fault === "storm" || fault === "crash" || aimOf(target).kind === "rows";

/** What a failure says at its end that came of a fault of a level. */
export const toldOf = (level: string): string => ` (fault of level ${level})`;

/** One fault of a level: at what it is aimed, what becomes of it, and when it strikes. Without `at` and `probability` it always does. */
export const levelRule = z
  .strictObject({
    target: z
      .string()
      .min(1)
      .describe(
        "what it is aimed at, `*` for any text: `tool:search`, `scorer:match`, `backend`, `rows:context`, `actor`, `actor:tasks`",
      ),
    fault: z.enum(faultNames).describe("what becomes of the call, or of the field of a row"),
    forMs: forMs.describe("milliseconds before a timeout is told, or that a delay lasts; 100 when absent"),
    status: httpStatus.optional().describe("HTTP status of an error; 503 when absent"),
    retryAfterMs: refusal.retryAfterMs,
    keep: z.number().min(0).max(1).optional().describe("share of the text that truncation leaves; 0.5 when absent"),
    with: z.string().optional().describe("what stands there instead when it is corrupted; seeded nonsense when absent"),
    fields: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe("members of a JSON result that are damaged, by dotted name, `*` for any text; all of it when absent"),
    attempts: z
      .int()
      .min(1)
      .optional()
      .describe(
        "strikes only in that many first attempts at a task; of a storm 2, of a crash 1, of others all when absent",
      ),
    at: when.at.describe(
      "number of the call within an attempt, counted from 1 over all that the rule is aimed at; of a condition and its pool, number of the attempt that ends in it (1)",
    ),
    probability: when.probability.describe(
      "chance of each call; of a storm, of rows and of crashes, chance of each item",
    ),
    times: when.times.describe("most times that the rule strikes in an attempt"),
  })
  .superRefine((rule, issues) => {
    const { at, probability, target, fault } = rule;
    const say = (message: string, path: string[], input: unknown): void =>
      issues.addIssue({ code: "custom", message, path, input });
    if (at !== undefined && probability !== undefined)
      say("must have at or probability, not both", [], { at, probability });
    const { kind, pattern } = aimOf(target);
    const faults = possible[kind as TargetKind] as readonly LevelFault[] | undefined;
    if (!faults) return say(`must begin with one of ${targetKinds.join(", ")}`, ["target"], target);
    if (pattern === "")
      return say(`must name what it is aimed at behind the colon, or \`${kind}\` alone for all`, ["target"], target);
    if (kind === "rows" && !target.includes(":"))
      return say("must name the fields of the rows that are damaged: `rows:context`", ["target"], target);
    if (!faults.includes(fault)) return say(`must be one of ${faults.join(", ")} for ${kind}`, ["fault"], fault);
    const aimed = kind === "actor" ? aimedActor(pattern) : undefined;
    if (aimed && "refused" in aimed) return say(aimed.refused, ["target"], target);
    if (aimed && aimed.actor !== "worker") checkCrashes(rule, aimed.actor, say);
    else
      for (const option of ["at", "times"] as const)
        if (isOfItem(rule) && rule[option] !== undefined)
          say(
            `must be absent for ${kind === "rows" ? "rows" : `a ${fault}`}, which strikes an item as a whole`,
            [option],
            rule[option],
          );
    for (const [option, readers] of Object.entries(readBy))
      if (rule[option as keyof typeof rule] !== undefined && !readers.includes(fault))
        say(
          `must be absent for ${fault}: it is for ${readers.join(", ")}`,
          [option],
          rule[option as keyof typeof rule],
        );
    if (rule.fields && (kind === "rows" || kind === "scorer"))
      say(
        kind === "rows"
          ? "must be absent for rows, whose fields stand in the target"
          : "must be absent for a scorer: it is for results of tools and backends",
        ["fields"],
        rule.fields,
      );
  });

/** What a rule about a condition or its pool may say: at which ended attempts it crashes, and no more often than it is started again. */
function checkCrashes(
  rule: { readonly [option in "probability" | "attempts" | "times"]?: number | undefined } & {
    readonly at?: number | number[] | undefined;
  },
  actor: keyof typeof mostCrashes,
  say: (message: string, path: string[], input: unknown) => void,
): void {
  for (const option of ["probability", "attempts", "times"] as const)
    if (rule[option] !== undefined)
      say(
        `must be absent for ${actor}, which crashes as an attempt ends in its condition: at: 3`,
        [option],
        rule[option],
      );
  const most = mostCrashes[actor];
  if ([rule.at ?? []].flat().length > most)
    say(`must have ${most} numbers at most, since what crashes more often is given up`, ["at"], rule.at);
}
export type LevelRule = z.output<typeof levelRule>;

/** The levels of the factor by name: each a list of rules, and one of them without any. */
export const faultLevels = z.record(z.string(), z.array(levelRule));
export type FaultLevels = z.input<typeof faultLevels>;

/** What a condition has of the factor. */
export const ownFaults = z.strictObject({
  level: z.string().min(1).describe("name of the level"),
  of: z.string().min(1).describe("name of the condition without the factor"),
  rules: z.array(levelRule).describe("its faults; none at the clean level"),
});
export type OwnFaults = z.output<typeof ownFaults>;

/** @example describeLevelRule({ target: "tool:search", fault: "timeout", probability: 0.3 }) // => "timeout of tool:search with probability 0.3" */
export function describeLevelRule({ target, fault, at, probability, with: instead }: LevelRule): string {
  const often =
    at !== undefined
      ? ` at ${[at].flat().join(", ")}`
      : probability === undefined
        ? ""
        : ` with probability ${probability}`;
  return `${fault} of ${target}${often}${instead === undefined ? "" : `: ${JSON.stringify(instead)}`}`;
}
