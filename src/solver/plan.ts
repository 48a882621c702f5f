import { ConfigError, didYouMean, show } from "#src/kernel/errors";
import { chain } from "./chain.ts";
import { described } from "./describe.ts";
import { type FinishOptions, withFinish } from "./finish.ts";
import type { Generate, Solver } from "./solver.ts";
import { TaskState } from "./state.ts";

/** A step of a plan: any object that may name the steps it waits for. */
export interface PlanStep {
  readonly id?: string | undefined;
  readonly dependsOn?: string | readonly string[] | undefined;
}

/** Named steps that depend on one another without a ring. */
export interface Plan<Step extends PlanStep = PlanStep> {
  readonly id?: string | undefined;
  readonly steps: Readonly<Record<string, Step>>;
}

/** Ids of a surrounding system and the place in the plan, for the code that runs a step. */
export interface StepMeta {
  readonly traceId?: string | undefined;
  readonly workId?: string | undefined;
  readonly planId?: string | undefined;
  /** The step's own id, else its name. */
  readonly stepId: string;
  readonly name: string;
  readonly dependsOn: readonly string[];
  readonly planContext?: unknown;
}

export interface PlanOptions<Step extends PlanStep> extends FinishOptions {
  /** Does one step. What it returns is the next step's state. */
  readonly stepRunner: (
    state: TaskState,
    step: Step,
    meta: StepMeta,
    generate: Generate,
  ) => TaskState | Promise<TaskState>;
  /** Name of the plan; its own id when absent. */
  readonly planId?: string | undefined;
  /** Handed to every step as it is. */
  readonly planContext?: unknown;
  readonly lineage?:
    | {
        readonly traceId?: string | undefined;
        readonly workId?: string | undefined;
        readonly planId?: string | undefined;
      }
    | undefined;
}

/**
 * A plan as a chain: every step after those it depends on, steps that could go in any order by name.
 *
 * @throws ConfigError for a plan without steps, an unknown dependency, or a ring, with the names of the steps
 * @example
 * const solve = planToChain(
 *   { id: "qa", steps: { generate: { dependsOn: "prepare" }, prepare: {} } },
 *   { stepRunner: (state, step, meta) => state.put(meta.name, true) },
 * );
 */
export function planToChain<Step extends PlanStep>(plan: Plan<Step>, options: PlanOptions<Step>): Solver {
  const { stepRunner, planContext, lineage, finish, cleanup } = options;
  const planId = options.planId ?? lineage?.planId ?? plan.id;
  const solvers = planOrder(plan).map((name): Solver => {
    const step = plan.steps[name]!;
    const meta: StepMeta = {
      ...(lineage?.traceId === undefined ? {} : { traceId: lineage.traceId }),
      ...(lineage?.workId === undefined ? {} : { workId: lineage.workId }),
      ...(planId === undefined ? {} : { planId }),
      stepId: step.id ?? name,
      name,
      dependsOn: dependenciesOf(step),
      ...(planContext === undefined ? {} : { planContext }),
    };
    return async (state, generate) => {
      const next = await stepRunner(state, step, meta, generate);
      if (!(next instanceof TaskState))
        throw new ConfigError(`stepRunner for step ${show(name)}`, "must return a TaskState", next);
      return next;
    };
  });
  const about = { planId, planContext, lineage, stepRunner, steps: plan.steps };
  if (!finish && !cleanup) return described(chain(solvers), "planToChain", about);
  return described(withFinish(solvers, { finish, cleanup }), "planToChain", { ...about, finish, cleanup });
}

const dependenciesOf = ({ dependsOn = [] }: PlanStep): readonly string[] =>
  typeof dependsOn === "string" ? [dependsOn] : dependsOn;

/**
 * Names of the steps in the order they are done: topological, ties by name.
 *
 * @see Kahn 1962, Topological sorting of large networks
 * @example planOrder({ steps: { b: {}, c: { dependsOn: "a" }, a: {} } }) // => ["a", "b", "c"]
 */
export function planOrder(plan: Plan): string[] {
  const names = Object.keys(plan.steps).sort();
  if (names.length === 0) throw new ConfigError("plan.steps", "must have at least one step");
  const waitsFor = new Map(names.map((name) => [name, new Set(dependenciesOf(plan.steps[name]!))]));
  for (const [name, dependencies] of waitsFor) {
    for (const dependency of dependencies) {
      if (waitsFor.has(dependency)) continue;
      throw new ConfigError(
        `plan.steps.${name}.dependsOn`,
        `names ${show(dependency)}, which is not a step`,
        undefined,
        didYouMean(dependency, names),
      );
    }
  }
  const order: string[] = [];
  for (;;) {
    const next = names.find((name) => waitsFor.get(name)?.size === 0);
    if (next === undefined) break;
    order.push(next);
    waitsFor.delete(next);
    for (const dependencies of waitsFor.values()) dependencies.delete(next);
  }
  if (waitsFor.size > 0)
    throw new ConfigError("plan.steps", `must not depend on one another in a ring: ${ringIn(waitsFor).join(" -> ")}`);
  return order;
}

/** Follows dependencies until a step comes back. Every step left over waits for another that is left over. */
function ringIn(waitsFor: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const path: string[] = [];
  let [at] = waitsFor.keys();
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    [at] = [...(waitsFor.get(at) ?? [])].sort();
  }
  return at === undefined ? path : [...path.slice(path.indexOf(at)), at];
}
