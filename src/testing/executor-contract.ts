import { deepEqual, equal, ok } from "node:assert/strict";
import { run } from "#src/app/run";
import { admission } from "#src/backends/admission";
import type { Executor } from "#src/execute/executor";
import { inline } from "#src/execute/inline";
import { ownPackage } from "#src/execute/package";
import type { ExecutorFactory, ExecutorScope } from "#src/execute/scope";
import type { CallSpan } from "#src/experiment/calls";
import { defineExperiment, type Experiment, type ExperimentInput, redefine } from "#src/experiment/define";
import type { AttemptResult } from "#src/experiment/execute";
import type { Outcome } from "#src/experiment/outcome";
import { makePlan, type Plan } from "#src/experiment/plan";
import type { Task } from "#src/experiment/task";
import { systemClock } from "#src/kernel/clock";
import { memoryStore } from "#src/store/memory";
import type { Law } from "./backend-contract.ts";
import worldOf from "./executor-world.ts";

/** What an executor needs to show that it keeps the contract. */
export interface ExecutorUnderTest {
  /** An executor for the experiment that `file` exports by default as a function of `parameters`. */
  executor(file: string, parameters: Readonly<Record<string, string>>): Promise<ExecutorFactory> | ExecutorFactory;
  /** Whether a task that takes its thread or process down fails alone. */
  readonly isolates: boolean;
}

/** The file whose experiment the contract runs: what an executor elsewhere must load. */
export const executorWorldFile: string = ownPackage().fileOf("testing/executor-world");

/** Options of `executorScope`. */
export interface ScopeOptions extends Partial<ExecutorScope> {
  /** Every line that a task logged. */
  readonly logged?: string[];
}

/** A scope for an executor outside of any run. */
export function executorScope(experiment: Experiment, { logged = [], ...given }: ScopeOptions = {}): ExecutorScope {
  return {
    experimentId: "exp_contract",
    experiment,
    planHash: "0".repeat(32),
    clock: systemClock,
    admission: admission(systemClock),
    log: (_, message) => void logged.push(message),
    notice: () => {},
    isFinished: () => false,
    limits: { rateLimit: experiment.config.rateLimit },
    ...given,
  };
}

/**
 * The laws of an Executor. They take real time: some tasks must time out.
 *
 * @example describe("mine", () => executorContract({ executor: () => mine(), isolates: false }).forEach(({ name, check }) => it(name, check)));
 */
export function executorContract({ executor, isolates }: ExecutorUnderTest): Law[] {
  /** Opens an executor, lets `look` use it, and closes it. */
  const withExecutor = async (
    change: Partial<ExperimentInput>,
    look: (opened: {
      executor: Executor;
      plan: Plan;
      taskOf: (condition: string, n: number) => Task;
      logged: string[];
    }) => Promise<void>,
  ): Promise<void> => {
    const experiment = redefine(defineExperiment(world), change);
    const plan = planOf(experiment);
    const logged: string[] = [];
    const scope = executorScope(experiment, {
      logged,
      planHash: plan.hash,
      experimentId: `exp_${++runs}${process.pid}`,
    });
    const opened = (await executor(executorWorldFile, {}))(scope);
    await opened.open?.();
    try {
      await look({ executor: opened, plan, taskOf: (condition, n) => taskNamed(plan, condition, n), logged });
    } finally {
      await opened.close?.();
    }
  };
  const quick = { config: { ...world.config, timeoutMs: 150 } };
  const patient = { config: { ...world.config, timeoutMs: 2000 } }; // other tasks end well within it, also on a busy machine
  const laws: Law[] = [
    {
      name: "gives each task the result that this event loop gives, in whatever order they are asked for",
      check: () =>
        withExecutor({}, async ({ executor: other, plan }) => {
          const own = inline()(executorScope(defineExperiment(world)));
          const tasks = Array.from({ length: plan.size }, (_, ordinal) => plan.task(ordinal)).filter(({ condition }) =>
            ["draws", "cheap", "asks", "refuses", "breaks"].includes(condition),
          );
          const attempts = tasks.flatMap((task) => [1, 2].map((attempt) => ({ task, attempt })));
          const asked = [...attempts].reverse().map(({ task, attempt }) => other.run(task, attempt).result);
          const found = (await Promise.all(asked)).reverse().map(timeless);
          const expected = await Promise.all(attempts.map(({ task, attempt }) => own.run(task, attempt).result));
          deepEqual(found, expected.map(timeless));
        }),
    },
    {
      name: "brings back what was charged, used and logged, and says where it ran and how long it took",
      check: () =>
        withExecutor({}, async ({ executor: one, taskOf, logged }) => {
          const begun = performance.now();
          const drawn = await one.run(taskOf("draws", 5), 1).result;
          equal(drawn.cost, 0.25);
          ok(drawn.elapsedMs >= 5 && drawn.elapsedMs <= performance.now() - begun + 1);
          ok(Math.abs(drawn.startedAt - Date.now()) < 60_000);
          ok(drawn.worker.length > 0);
          deepEqual(logged, ["item 5"]);
          equal(drawn.calls, undefined); // a function calls nothing that is known of
          const { cost, usage, calls, elapsedMs } = await one.run(taskOf("asks", 2), 1).result;
          deepEqual(
            { cost, usage },
            { cost: 0.5, usage: { promptTokens: 7, completionTokens: 1, totalTokens: 8, calls: 1 } },
          );
          deepEqual(calls?.spans.map(namesOf), ["model scripted"]);
          ok(calls!.spans.every((call) => call.startedMs >= 0 && call.startedMs + call.elapsedMs <= elapsedMs + 1e-3));
        }),
    },
    {
      name: "scores the answer that a task has, and asks for no other",
      check: () =>
        withExecutor({}, async ({ executor: one, taskOf }) => {
          const task = taskOf("asks", 2);
          const answering = await one.run(task, 1).result;
          ok(answering.result.ok);
          const { answer: state, metrics } = answering.result.value;
          ok(state);
          const other = { ...state, output: { ...state.output!, content: "7" } };
          const scored = await Promise.all(
            [state, other].map(
              (each, i) => one.run({ ...task, answer: { state: each, attempts: 1, metrics } }, 2 + i).result,
            ),
          );
          deepEqual(
            scored.map(({ result, cost, usage, calls }) => [
              result.ok && result.value.metrics.accuracy,
              cost,
              usage,
              calls?.spans.map(namesOf),
            ]),
            [
              [1, undefined, undefined, ["scorer exact"]],
              [0, undefined, undefined, ["scorer exact"]],
            ],
          );
        }),
    },
    {
      name: "never rejects: an error is a failure with its kind, status and Retry-After",
      check: () =>
        withExecutor({}, async ({ executor: one, taskOf }) => {
          const refused = await one.run(taskOf("refuses", 0), 1).result;
          deepEqual(refused.result, {
            ok: false,
            error: { kind: "rate_limited", message: "too many", status: 429, retryAfterMs: 20 },
          });
          equal(failureKind(await one.run(taskOf("breaks", 0), 1).result), "unknown");
        }),
    },
    {
      name: "ends an attempt at its timeout, whether it listens or not",
      check: () =>
        withExecutor(quick, async ({ executor: one, taskOf }) => {
          const ended = await Promise.all(["hangs", "listens"].map((name) => one.run(taskOf(name, 0), 1).result));
          deepEqual(ended.map(failureKind), ["timeout", "timeout"]);
          for (const { elapsedMs } of ended) ok(elapsedMs >= 149);
        }),
    },
    {
      name: "ends an attempt as cancelled when it is aborted, and does the next",
      check: () =>
        withExecutor({}, async ({ executor: one, taskOf }) => {
          const running = ["hangs", "listens", "hangs", "listens"].map((name, i) => one.run(taskOf(name, i), 1));
          setTimeout(() => {
            for (const { cancel } of running) cancel();
          }, 20);
          const ended = await Promise.all(running.map(({ result }) => result));
          deepEqual([...new Set(ended.map(failureKind))], ["cancelled"]);
          running[0]!.cancel(); // it has ended: nothing happens
          ok((await one.run(taskOf("cheap", 1), 1).result).result.ok);
        }),
    },
    {
      name: "ends everything that it was given when the run drains",
      check: () =>
        withExecutor({}, async ({ executor: one, taskOf }) => {
          const given = Array.from({ length: 12 }, (_, i) => one.run(taskOf("draws", i % 6), i < 6 ? 1 : 2));
          one.intake?.("draining");
          const kinds = (await Promise.all(given.map(({ result }) => result))).map(failureKind);
          deepEqual(
            kinds.filter((kind) => kind !== undefined && kind !== "cancelled"),
            [],
          );
        }),
    },
    {
      name: "lets nothing that has not begun begin while its intake is closed",
      check: () =>
        withExecutor({}, async ({ executor: one, taskOf }) => {
          if (!one.intake) return; // everything begins at once
          one.intake("closed");
          const held = one.run(taskOf("draws", 0), 1);
          let ended = false;
          const settled = held.result.then((result) => {
            ended = true;
            return result;
          });
          await new Promise((resolve) => setTimeout(resolve, 100));
          equal(ended, false);
          one.intake("open");
          ok((await settled).result.ok);
        }),
    },
    {
      name: "gives a whole run the rows of this event loop, and never more tasks at a time than it may",
      check: async () => {
        const only = ["draws", "cheap", "asks", "refuses", "breaks"].join(",");
        straight ??= rowsOf(only, inline());
        const own = await rowsOf(only, await executor(executorWorldFile, { only }));
        equal(own.length, 30);
        deepEqual(own.map(timelessRow), (await straight).map(timelessRow));
        ok(mostAtOnce(own) <= 3);
      },
    },
  ];
  if (!isolates) return laws;
  return [
    ...laws,
    ...deadly.map((name) => ({
      name: `lets a task that ${name} fail alone`,
      check: () =>
        withExecutor(name === "spins" ? patient : {}, async ({ executor: one, taskOf }) => {
          const tasks = [0, 1, 2, 3, 4, 5].map((n) => one.run(taskOf("cheap", n), 1).result);
          const died = one.run(taskOf(name, 0), 1).result;
          const after = [0, 1, 2, 3, 4, 5].map((n) => one.run(taskOf("cheap", n), 2).result);
          equal(failureKind(await died), name === "spins" ? "timeout" : "crash");
          for (const { result } of await Promise.all([...tasks, ...after])) ok(result.ok);
        }),
    })),
  ];
}

/** Conditions that take down what they run in. */
const deadly = ["spins", "exits", "eats", "throws later"];
let runs = 0;
/** The rows of a whole run on this event loop: the same for every executor that is compared with them. */
let straight: Promise<Outcome[]> | undefined;
const world = worldOf();

function planOf(experiment: Experiment): Plan {
  const rows = world.dataset as readonly { question: string }[];
  return makePlan(
    experiment,
    rows.map((row) => ({ id: row.question, row })),
  );
}

function taskNamed(plan: Plan, condition: string, n: number): Task {
  for (let ordinal = 0; ordinal < plan.size; ordinal++) {
    const task = plan.task(ordinal);
    if (task.condition === condition && (task.item.row as { n: number }).n === n) return task;
  }
  throw new RangeError(`there is no task ${condition} ${n}`);
}

const failureKind = ({ result }: AttemptResult): string | undefined => (result.ok ? undefined : result.error.kind);

const namesOf = ({ kind, name }: CallSpan): string => `${kind} ${name}`;

/** What two executors must agree on: everything but time and place. */
function timeless({ result, cost, usage }: AttemptResult): unknown {
  if (!result.ok) return { result, cost, usage };
  const { latency: _, ...metrics } = result.value.metrics;
  return { result: { ...result.value, metrics }, cost, usage };
}

function timelessRow(given: Outcome): unknown {
  const { startedAt: _, elapsedMs: __, calls: ____, worker: ___, scoring, errorHistory, metrics, ...row } = given;
  const { latency, ...kept } = metrics;
  const { attempts, cost } = scoring ?? {};
  return {
    ...row,
    scoring: [attempts, cost],
    metrics: kept,
    errorHistory: errorHistory.map(({ at, ...entry }) => entry),
  };
}

/** Rows of a run of some conditions, three tasks at a time. */
async function rowsOf(only: string, executor: ExecutorFactory): Promise<Outcome[]> {
  const store = { ...memoryStore(), close: () => {} };
  const experiment = redefine(defineExperiment(worldOf({ only })), { config: { ...world.config, maxParallel: 3 } });
  await run(experiment, { store: () => store, formats: [], observe: false, executor, parameters: { only } });
  return [...(store.outcomes() as Iterable<Outcome>)];
}

/** The most attempts that were under way at one moment; a start and an end in the same millisecond do not overlap. */
function mostAtOnce(rows: readonly Outcome[]): number {
  const moments = rows.flatMap(({ startedAt, elapsedMs }) => [
    { at: startedAt + 1, step: 1 },
    { at: startedAt + elapsedMs, step: -1 },
  ]);
  let now = 0;
  return Math.max(0, ...moments.sort((a, b) => a.at - b.at || a.step - b.step).map(({ step }) => (now += step)));
}
