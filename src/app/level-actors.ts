import type { AnyActorLogic } from "xstate";
import type { Experiment } from "#src/experiment/define";
import { toldOf } from "#src/faults/level";
import { type EventRule, type LiveRule, liveRule } from "#src/faults/rule";
import type { Clock } from "#src/kernel/clock";
import { memo } from "#src/kernel/memo";
import { stream } from "#src/kernel/random";
import { type RunScope, segment } from "#supervisors/run-scope";
import { tapActors } from "./fault-actors.ts";
import type { ArmedFaults } from "./fault-injection.ts";

type Tap = NonNullable<RunScope["tap"]>;

/** Where a worker stands in the tree: its condition, and its item and repeat. */
const WORKER = /^conditions\/([^/]+)\/tasks\/(.+)$/s;
/** Attempts in which a worker crashes. */
const CRASHES = 1;

/**
 * What goes around actors before they start: faults that were injected, and the crashes of workers at levels of faults. A worker crashes when its attempt has
 * ended, so that what it did is lost; whether it does is drawn by level, item and repeat, the same in each condition.
 */
export function tapOf(
  { conditions, config }: Experiment,
  clock: Clock,
  injected: ArmedFaults | undefined,
): Tap | undefined {
  const levels = new Map(
    conditions.flatMap(({ name, faults }) => {
      const rules = faults?.rules.flatMap((rule, number) => (rule.target === "actor" ? [{ rule, number }] : [])) ?? [];
      return rules.length > 0 ? [[segment(name), { level: faults!.level, rules }] as const] : [];
    }),
  );
  if (levels.size === 0) return injected?.tap;
  const counted = new Map<string, readonly LiveRule<EventRule>[]>();
  const rulesOf = (condition: string, task: string): readonly LiveRule<EventRule>[] => {
    const { level, rules } = levels.get(condition)!;
    return rules.flatMap(({ rule: { probability = 1, attempts = CRASHES }, number }) =>
      stream(config.randomSeed, "crash", level, number, task)() < probability
        ? [liveRule({ path: "**", event: "attempt.ended", fault: "crash", times: attempts } as const, number, 0)]
        : [],
    );
  };
  return <L extends AnyActorLogic>(path: string, logic: L): L => {
    const inner = injected ? injected.tap(path, logic) : logic;
    const [, condition = "", task = ""] = WORKER.exec(path) ?? [];
    if (!levels.has(condition)) return inner;
    const live = memo(counted, path, () => rulesOf(condition, task)); // counts over all incarnations
    return live.length === 0
      ? inner
      : tapActors(live, clock, undefined, toldOf(levels.get(condition)!.level))(path, inner);
  };
}
