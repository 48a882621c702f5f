import { defineExperiment, type Experiment, type ExperimentInput, streamed } from "crucible-harness";
import { type SimulatedRunOptions, type SimulatedWorld, simulateRun } from "crucible-harness/testing";
import { z } from "zod";
import { type Backend, backendOf } from "#src/backends/backend";
import { FailureError } from "#src/kernel/failure";
import { stream } from "#src/kernel/random";
import { includes } from "#src/scoring/match";
import { modelGraded } from "#src/scoring/model-graded";
import { chain } from "#src/solver/chain";
import { generate } from "#src/solver/generate";
import { tool, useTools } from "#src/solver/tool";
import { rescored } from "./rescored.ts";

type Row = { readonly id: string };
type Own = Partial<Omit<ExperimentInput<Row>, "conditions">> & {
  readonly estimatedCost?: number;
  readonly charge?: number;
};

/** Rows that are read while tasks are run. */
async function* rowsFrom(from: number): AsyncGenerator<Row> {
  for (let i = from; i < 40; i++) yield { id: `i${i}` };
}

/** Tasks of which some fail once, some always, always in the same way. */
function experimentOf(name: string, { estimatedCost, charge = 0.5, ...own }: Own): Experiment {
  return defineExperiment<Row>({
    name,
    dataset: Array.from({ length: 40 }, (_, i) => ({ id: `i${i}` })),
    conditions: ["a", "b"].map((condition) => ({
      name: condition,
      ...(estimatedCost === undefined ? {} : { estimatedCost }),
      run: ({ id }, context) => {
        const fate = stream(name, "fate", condition, id)();
        context.charge(charge);
        if (fate < 0.1) throw Object.assign(new Error("no"), { status: 400 });
        if (fate > 0.95 || (fate < 0.2 && context.attempt === 1))
          throw Object.assign(new Error("not now"), { status: 503 });
        return { accuracy: context.random() > 0.5 };
      },
    })),
    metrics: ["accuracy"],
    ...own,
  });
}

/** A model that answers the same message always the same: of some it wants nothing to know, some it answers wrong. */
function model(name: string, cost: number, answer: (fate: number) => string): Backend {
  return backendOf(name, (messages) => {
    const fate = stream(name, "fate", messages.at(-1)!.content)();
    if (fate < 0.1) throw FailureError.of({ kind: "bad_request", message: "no", status: 400 });
    return { content: answer(fate), cost };
  });
}

/** Models whose answers are stored before they are judged, by a rule and by another model. */
function judgedOf(name: string, own: Own): Experiment {
  const { estimatedCost = 1, charge: _, ...rest } = own;
  const judge = model("judge", 0.25, (fate) => (fate < 0.2 ? "I cannot say" : `GRADE: ${fate < 0.6 ? "C" : "I"}`));
  return defineExperiment({
    name,
    dataset: Array.from({ length: 40 }, (_, i) => ({ id: `i${i}`, input: `What is ${i} + ${i}?`, target: `${2 * i}` })),
    conditions: ["a", "b"].map((condition) => ({
      name: condition,
      estimatedCost,
      solver: generate(),
      backend: model(condition, 0.5, (fate) => `${Math.round(fate * 100)}`),
      scorers: [includes(), modelGraded({ model: judge })],
    })),
    metrics: ["includes"],
    ...rest,
  });
}

/** Conditions with a tool that is slow, fails or lies at some levels, whose own faults are those of the experiment. */
function leveled(name: string, own: Own): Experiment {
  const look = tool({ name: "look", parameters: z.object({}), execute: () => "42" });
  const asking = backendOf("asking", (messages) => {
    const last = messages.at(-1)!;
    if (last.role === "tool") return { content: last.content, cost: 0.25 };
    return { content: "", cost: 0.25, toolCalls: [{ id: "1", name: "look", arguments: {} }] };
  });
  return defineExperiment({
    name,
    dataset: Array.from({ length: 40 }, (_, i) => ({ id: `i${i}`, input: `What is ${i}?`, target: "42" })),
    conditions: [
      {
        name: "a",
        estimatedCost: 0.5, // else what a crash counts depends on what was paid before it
        solver: chain(useTools([look]), generate()),
        scorers: [includes()],
        backend: asking,
      },
    ],
    faults: {
      clean: [],
      failing: [{ target: "tool:look", fault: "error", probability: 0.5 }],
      lying: [{ target: "tool", fault: "corrupt", probability: 0.5 }],
      slow: [{ target: "backend", fault: "delay", forMs: 30, probability: 0.5 }],
      dying: [{ target: "actor", fault: "crash", probability: 0.3 }],
    },
    metrics: ["includes"],
    ...own,
  });
}

const patient = { initialDelayMs: 10, maxRetries: 2, maxFailureRate: 1 };
const config = { maxParallel: 3, timeoutMs: 500, errorHandling: patient };

/** What the product is explored with: every service has something to do in one of them. */
export const experiments: Readonly<Record<string, Experiment>> = {
  plain: experimentOf("plain", { config }),
  budget: experimentOf("budget", { config, estimatedCost: 0.5, costBudget: { maxTotal: 1000 } }),
  spent: experimentOf("spent", { config, estimatedCost: 0.5, costBudget: { maxTotal: 4, maxPerCondition: 3 } }),
  // tasks wait for money that is promised to others, and that these do not spend
  promised: experimentOf("promised", { config, estimatedCost: 1, charge: 0.01, costBudget: { maxTotal: 1.5 } }),
  breaker: experimentOf("breaker", {
    config: {
      ...config,
      errorHandling: { ...patient, maxFailureRate: 0.3, failureWindow: 4, onOpen: "pause", coolDownMs: 30 },
    },
  }),
  "breaker-spent": experimentOf("breaker-spent", {
    estimatedCost: 0.5,
    costBudget: { maxTotal: 1000, maxPerCondition: 1 },
    config: {
      ...config,
      errorHandling: { ...patient, maxFailureRate: 0.3, failureWindow: 4, onOpen: "pause", coolDownMs: 30 },
    },
  }),
  stopped: experimentOf("stopped", {
    config: { ...config, errorHandling: { ...patient, maxFailureRate: 0.3, failureWindow: 4 } },
  }),
  rate: experimentOf("rate", { config: { ...config, rateLimit: 4 } }),
  hooks: experimentOf("hooks", {
    config,
    costBudget: { maxTotal: 1000 },
    estimatedCost: 0.5,
    hooks: { beforeCondition: () => {}, afterCondition: () => {}, onError: () => undefined },
  }),
  streamed: experimentOf("streamed", { config, dataset: streamed(rowsFrom) }),
  judged: judgedOf("judged", { config, costBudget: { maxTotal: 1000 } }),
  // stops as soon as the comparison is decided, in the middle of what runs
  sequential: defineExperiment({
    name: "sequential",
    dataset: Array.from({ length: 40 }, (_, i) => ({ id: `i${i}` })),
    conditions: ["a", "b"].map((name) => ({ name, run: () => ({ accuracy: name === "a" }) })),
    metrics: ["accuracy"],
    config,
    statisticalAnalysis: { sequential: { alpha: 0.2, method: "e_value" } },
  }),
  repeated: experimentOf("repeated", { config, repeat: 3, costBudget: { maxTotal: 1000 }, estimatedCost: 0.5 }),
  levels: leveled("levels", { config, costBudget: { maxTotal: 1000 } }),
  "judged-spent": judgedOf("judged-spent", { config, costBudget: { maxTotal: 6 } }),
};

type Simulated = (options?: SimulatedRunOptions) => (world: SimulatedWorld) => Promise<unknown>;

/** What is simulated with them, by name: their runs, and scorings of stored answers. */
export const bodies: Readonly<Record<string, Simulated>> = {
  ...Object.fromEntries(
    Object.entries(experiments).map(([name, experiment]): [string, Simulated] => [
      name,
      (options) => (world) => simulateRun(world, experiment, options),
    ]),
  ),
  rescored,
};

/** A simulation of one of them, which one is drawn. */
export const anyOf =
  (names: readonly string[], options: SimulatedRunOptions = {}) =>
  (world: SimulatedWorld) =>
    bodies[world.pick("experiment", names)]!(options)(world);
