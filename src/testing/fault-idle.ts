import type { SeenActors } from "#src/app/fault-actors";
import { didYouMean } from "#src/kernel/errors";
import { describeRule, type FaultRule, type LiveRule, pathMatches } from "./fault-schedule.ts";

/** Those of the rules that never struck whose path no actor has. */
export const aimlessRules = (rules: readonly LiveRule<FaultRule>[], seen: SeenActors): string[] =>
  idleRules(
    rules.filter(({ rule }) => rule.target === "actor" && !isSomewhere(rule.path, seen)),
    seen,
  );

const isSomewhere = (pattern: string, { paths }: SeenActors): boolean =>
  [...paths].some((path) => pathMatches(pattern, path) || pathMatches(path, pattern));

/** The rules that never struck, a sentence each: which, why, and the nearest name that there is. */
export const idleRules = (rules: readonly LiveRule<FaultRule>[], seen: SeenActors): string[] =>
  rules.flatMap((live) =>
    live.counts().struck > 0 ? [] : [`the fault "${describeRule(live.rule)}" never struck: ${whyIdle(live, seen)}`],
  );

function whyIdle({ rule, counts }: LiveRule<FaultRule>, seenActors: SeenActors): string {
  const { paths, events } = seenActors;
  const { seen } = counts();
  if (rule.target !== "actor" && seen === 0) return `${callsOf[rule.target]} was made`;
  if (rule.target === "actor" && seen === 0) {
    if (!isSomewhere(rule.path, seenActors)) return `no actor has that path. ${didYouMean(rule.path, paths)}`;
    if (rule.event === undefined) return "no event came to an actor of that path";
    if (!events.has(rule.event))
      return `no event of that type came to an actor of that path. ${didYouMean(rule.event, events)}`;
  }
  const what = rule.target === "actor" ? "event" : "call";
  const counted = `it counted ${seen} ${what}${seen === 1 ? "" : "s"} in this session`;
  return rule.at === undefined ? `${counted}, and chance chose none` : counted;
}

const callsOf = { executor: "no attempt", store: "no commit", backend: "no model call" } as const;
