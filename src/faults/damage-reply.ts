import { addUsage, type Reply } from "#src/backends/backend";
import type { Random } from "#src/kernel/random";
import { type Score, toNumber, unscored } from "#src/scoring/scorer";
import type { ToolResult } from "#src/solver/state";
import { damagedText } from "./damage.ts";
import type { LevelRule } from "./level.ts";

/** The first of two replies, with what both used. */
export function bothCalls(first: Reply, second: Reply): Reply {
  const costs = [first.cost, second.cost].filter((cost) => cost !== undefined);
  return {
    ...first,
    calls: (first.calls ?? 1) + (second.calls ?? 1),
    usage: addUsage(first.usage, second.usage),
    ...(costs.length > 0 ? { cost: costs.reduce((sum, cost) => sum + cost, 0) } : {}),
  };
}

type Damaging = Omit<LevelRule, "fault"> & { readonly fault: "truncate" | "drop" | "corrupt" };

interface Damaged<T> {
  readonly damaged: T;
  /** Whether it has what the rule is aimed at: any of its fields, where it names some. */
  readonly isAimed: boolean;
}

/** A reply that broke off at a limit of tokens, or says something else; one that calls tools calls them with other arguments. */
export function damagedReply(reply: Reply, damage: Damaging, random: Random): Damaged<Reply> {
  const { toolCalls = [], content } = reply;
  let isAimed = damage.fields === undefined;
  const text = (whole: string, more: Partial<Damaging> = {}): string =>
    damagedText(whole, { ...damage, ...more }, random, () => {
      isAimed = true;
    });
  const damaged = (): Reply => {
    if (damage.fault === "truncate") return { ...reply, content: text(content), toolCalls: [], finishReason: "length" };
    if (toolCalls.length === 0) return { ...reply, content: text(content) };
    const changed = (args: unknown): unknown => JSON.parse(text(JSON.stringify(args), { with: undefined }));
    return {
      ...reply,
      toolCalls: toolCalls.map((call) => ({ ...call, arguments: changed(call.arguments) as typeof call.arguments })),
    };
  };
  return { damaged: damaged(), isAimed };
}

export function damagedResult(result: ToolResult, damage: Damaging, random: Random): Damaged<ToolResult> {
  let isAimed = damage.fields === undefined;
  if (result.error !== undefined) return { damaged: result, isAimed };
  const content = damagedText(result.content, damage, random, () => {
    isAimed = true;
  });
  return { damaged: { content }, isAimed };
}

export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What a scorer says that is wrong: right for wrong, and 0.8 for 0.2. */
export function turnedScore(score: Score, instead: string | undefined, told: string): Score {
  if (instead !== undefined) return { ...score, value: instead };
  const { value } = score;
  if (typeof value === "boolean") return { ...score, value: !value };
  const number = typeof value === "object" ? undefined : toNumber(value);
  if (number === undefined || number < 0 || number > 1)
    return unscored(`the score has no opposite that it could be turned into${told}`);
  return { ...score, value: 1 - number };
}
