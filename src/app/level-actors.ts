import type { AnyActorLogic } from "xstate";
import type { WorkerContext } from "#actors/worker-scope";
import { nextAttempt } from "#src/experiment/attempts";
import type { Experiment } from "#src/experiment/define";
import { toldOf } from "#src/faults/level";
import { stream } from "#src/kernel/random";
import { type RunScope, segment } from "#supervisors/run-scope";
import { InjectedFault } from "./fault-actors.ts";
import type { ArmedFaults } from "./fault-injection.ts";

type Tap = NonNullable<RunScope["tap"]>;

/** Where a worker stands in the tree: its condition, and its item and repeat. */
const WORKER = /^conditions\/([^/]+)\/tasks\/(.+)$/s;
/** Attempts in which a worker crashes. */
const CRASHES = 1;

/**
 * What goes around actors before they start: faults that were injected, and the crashes of workers at levels of faults. A worker crashes when one of its
 * first attempts has ended, so that what that did is lost. Whether it does is drawn by level, item and repeat, the same in each condition, and
 * nothing is counted, so that a run that is resumed meets the same crashes.
 */
export function tapOf({ conditions, config }: Experiment, injected: ArmedFaults | undefined): Tap | undefined {
  const levels = new Map(
    conditions.flatMap(({ name, faults }) => {
      const rules = faults?.rules.flatMap((rule, number) => (rule.target === "actor" ? [{ rule, number }] : [])) ?? [];
      return rules.length > 0 ? [[segment(name), { level: faults!.level, rules }] as const] : [];
    }),
  );
  if (levels.size === 0) return injected?.tap;
  return <L extends AnyActorLogic>(path: string, logic: L): L => {
    const inner = injected ? injected.tap(path, logic) : logic;
    const [, condition = "", task = ""] = WORKER.exec(path) ?? [];
    const { level, rules } = levels.get(condition) ?? { level: "", rules: [] };
    const lost = rules.map(({ rule: { probability = 1, attempts = CRASHES }, number }) =>
      stream(config.randomSeed, "crash", level, number, task)() < probability ? attempts : 0,
    );
    const last = Math.max(0, ...lost);
    return last > 0 ? crashing(inner, last, `injected into ${path} at attempt.ended${toldOf(level)}`) : inner;
  };
}

/** A worker that crashes when an attempt up to the last that is meant has ended. */
function crashing<L extends AnyActorLogic>(logic: L, last: number, message: string): L {
  const transition: AnyActorLogic["transition"] = (snapshot, event, scope) => {
    const { earlier, answer } = (snapshot as unknown as { readonly context: WorkerContext }).context;
    if (event.type === "attempt.ended" && nextAttempt(earlier, answer).attempt <= last)
      throw new InjectedFault(message);
    return logic.transition(snapshot, event, scope);
  };
  return Object.create(logic, { transition: { value: transition } }) as L;
}
