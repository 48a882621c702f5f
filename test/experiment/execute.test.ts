import { describe, expect, it } from "vitest";
import type { Backend, Reply } from "#src/backends/backend";
import { scripted } from "#src/backends/scripted";
import { inline } from "#src/execute/inline";
import type { RunFunction, TaskContext } from "#src/experiment/condition";
import { defineExperiment, type ExperimentInput } from "#src/experiment/define";
import { type AttemptResult, executeAttempt } from "#src/experiment/execute";
import { Schema } from "#src/experiment/metric-schema";
import type { Task } from "#src/experiment/task";
import { systemClock } from "#src/kernel/clock";
import { FailureError } from "#src/kernel/failure";
import { named, type Score, scored } from "#src/scoring/scorer";
import { askModel, chain, generate, type Solver, type Tool, useTools } from "#src/solver/index";
import { executorScope } from "#src/testing/executor-contract";
import { type ManualClock, manualClock } from "#src/testing/manual-clock";
import { never } from "../support.ts";

type Run = (row: unknown, context: TaskContext, clock: ManualClock) => unknown;
const task: Task = { ordinal: 0, condition: "a", item: { id: "q1", row: { n: 6 } }, repeat: 2 };

/** Starts an attempt at a condition that does `run`, under a clock that stands still. */
function begin(run: Run, change: Partial<ExperimentInput> = {}, attempt = 1) {
  const clock = manualClock(1000);
  const logged: string[] = [];
  const experiment = defineExperiment({
    name: "x",
    dataset: [1],
    conditions: [{ name: "a", factors: { n: 3 }, run: ((row, context) => run(row, context, clock)) as RunFunction }],
    metrics: ["accuracy"],
    ...change,
  });
  const place = { clock, worker: "here", log: (_: Task, message: string) => void logged.push(message) };
  const running = executeAttempt(experiment, experiment.conditions[0]!, task, attempt, place);
  let ended: AttemptResult | undefined;
  void running.result.then((result) => {
    ended = result;
  });
  return { ...running, clock, logged, ended: () => ended };
}
const resultOf = async (...given: Parameters<typeof begin>) => (await begin(...given).result).result;

describe("what a condition returns", () => {
  it("becomes metrics and output, with the latency that was measured", async () => {
    const { clock, result } = begin(async (_row, _context, clock) => {
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, 120));
      return { prediction: "B", accuracy: 1 };
    });
    await clock.advance(120);
    expect(await result).toEqual({
      result: {
        ok: true,
        value: { metrics: { latency: 120, accuracy: 1 }, output: { prediction: "B" }, scored: true },
      },
      startedAt: 1000,
      elapsedMs: 120,
      worker: "here",
    });
  });

  it("may be a bare number or a yes", async () => {
    expect(await resultOf(() => 0.5)).toMatchObject({ value: { metrics: { value: 0.5 } } });
    expect(await resultOf(() => true)).toMatchObject({ value: { metrics: { value: true } } });
  });

  it.each([
    ["nothing", undefined, "returned undefined"],
    ["null", null, "returned null"],
    ["text", "B", 'returned "B"'],
    ["a list", [1], "returned [1]"],
  ])("is refused when it is %s", async (_, value, sentence) => {
    expect(await resultOf(() => value)).toEqual({
      ok: false,
      error: { kind: "invalid_metric", message: `${sentence}; a condition returns an object such as { accuracy: 1 }` },
    });
  });

  it("wins over what was measured, unless it is nothing", async () => {
    expect(await resultOf(() => ({ accuracy: 1, latency: 7 }))).toMatchObject({ value: { metrics: { latency: 7 } } });
    expect(await resultOf(() => ({ accuracy: 1, latency: undefined }))).toMatchObject({
      value: { metrics: { latency: 0 } },
    });
  });

  it("is unscored when none of the metrics has a value", async () => {
    const scored = async (value: object, metrics = ["accuracy"]) => {
      const result = await resultOf(() => value, { metrics });
      return result.ok && result.value.scored;
    };
    expect(await scored({ accuracy: 0 })).toBe(true);
    expect(await scored({ f1: 1 })).toBe(false);
    expect(await scored({ f1: 1 }, ["accuracy", "latency_p99"])).toBe(true);
    expect(await scored({ custom: { value: 1 } }, ["custom.value"])).toBe(true);
    expect(await scored({ custom: { value: 1 } }, ["custom"])).toBe(false);
  });

  it("is kept as plain JSON, whatever it was", async () => {
    const ring: Record<string, unknown> = { name: "ring" };
    ring.self = ring;
    const result = await resultOf(() => ({
      accuracy: 1,
      ring,
      big: 12n,
      at: new Date(0),
      holes: new Array(2),
      none: Number.NaN,
      fn: () => 1,
    }));
    const output = result.ok ? result.value.output : undefined;
    expect(JSON.parse(JSON.stringify(output))).toEqual(output);
    expect(output).toMatchObject({ ring: { name: "ring" }, at: "1970-01-01T00:00:00.000Z", holes: [null, null] });
  });

  it("that breaks when it is looked at is a failed attempt", async () => {
    const treacherous = {
      get accuracy(): number {
        throw new Error("not today");
      },
    };
    expect(await resultOf(() => treacherous)).toMatchObject({
      ok: false,
      error: { kind: "unknown", message: "not today" },
    });
  });
});

describe("metric schemas", () => {
  const metricSchemas = { accuracy: Schema.probability() };
  const onInvalid = (answer: "log_and_continue" | "log_and_retry" | "abort", attempt = 1) =>
    resultOf(() => ({ accuracy: 7 }), { metricSchemas, config: { metricValidation: { onInvalid: answer } } }, attempt);
  const refused = { ok: false, error: { kind: "invalid_metric", message: "accuracy above_max 7" } };

  it("leave the task unscored for what they refuse, and say so", async () => {
    const result = await onInvalid("log_and_continue");
    expect(result).toEqual({
      ok: true,
      value: { metrics: { latency: 0 }, scored: false, invalidMetrics: ["accuracy above_max 7"] },
    });
  });

  it("fail the attempt under log_and_retry while there is another, and then leave it unscored", async () => {
    expect(await onInvalid("log_and_retry")).toEqual(refused);
    expect(await onInvalid("log_and_retry", 4)).toMatchObject({ ok: true, value: { scored: false } });
  });

  it("fail the attempt under abort", async () => {
    expect(await onInvalid("abort")).toEqual(refused);
  });

  it("coerce text that stands for a number, and can be turned off", async () => {
    const change = { metricSchemas };
    expect(await resultOf(() => ({ accuracy: "0.85" }), change)).toMatchObject({
      value: { metrics: { accuracy: 0.85 } },
    });
    const off = { metricSchemas, config: { metricValidation: { enabled: false } } };
    expect(await resultOf(() => ({ accuracy: 7 }), off)).toMatchObject({ value: { metrics: { accuracy: 7 } } });
  });
});

describe("an attempt fails", () => {
  it.each([
    [
      "throws",
      () => {
        throw new FailureError("rate_limited", "busy", { retryAfterMs: 50 });
      },
    ],
    ["rejects", () => Promise.reject(new FailureError("rate_limited", "busy", { retryAfterMs: 50 }))],
  ] as [string, Run][])("when its condition %s", async (_, run) => {
    expect(await resultOf(run)).toEqual({
      ok: false,
      error: { kind: "rate_limited", message: "busy", retryAfterMs: 50 },
    });
  });

  it("at its timeout, and tells the condition so", async () => {
    let signal: AbortSignal | undefined;
    const attempt = begin(
      (_, context) => {
        signal = context.signal;
        return never();
      },
      { config: { timeoutMs: 50 } },
    );
    await attempt.clock.advance(49);
    expect([attempt.ended(), signal?.aborted]).toEqual([undefined, false]);
    await attempt.clock.advance(1);
    expect(attempt.ended()).toMatchObject({
      result: { ok: false, error: { kind: "timeout", message: "took longer than 50 ms" } },
      elapsedMs: 50,
    });
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toMatchObject({ name: "TimeoutError" });
  });

  it("when it is cancelled, and tells the condition so, also one that asks only then", async () => {
    let context: TaskContext | undefined;
    const attempt = begin((_, given) => {
      context = given;
      return never();
    });
    attempt.cancel();
    expect((await attempt.result).result).toMatchObject({ error: { kind: "cancelled" } });
    expect(context?.signal.aborted).toBe(true);
    expect(context?.signal.reason).toMatchObject({ name: "AbortError" });
    expect(attempt.clock.pending).toBe(0);
  });
});

describe("an attempt ends once", () => {
  it("and a cancellation or a timeout after that means nothing", async () => {
    let signal: AbortSignal | undefined;
    const attempt = begin((_, context) => {
      signal = context.signal;
      return { accuracy: 1 };
    });
    expect((await attempt.result).result.ok).toBe(true);
    attempt.cancel();
    await attempt.clock.drain();
    expect((await attempt.result).result.ok).toBe(true);
    expect(signal?.aborted).toBe(false);
    expect(attempt.clock.pending).toBe(0);
  });

  it("and what a condition that ignored its signal returns later is dropped", async () => {
    const attempt = begin(
      async (_, context, clock) => {
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 80));
        context.charge(5);
        return { accuracy: 1 };
      },
      { config: { timeoutMs: 50 } },
    );
    await attempt.clock.drain();
    expect(attempt.ended()).toMatchObject({ result: { ok: false, error: { kind: "timeout" } }, elapsedMs: 50 });
    expect(attempt.ended()).not.toHaveProperty("cost");
  });

  it("also with a thenable that is not a promise, answers twice, or throws", async () => {
    const thenable = (then: (resolve: (value: unknown) => void, reject: (why: unknown) => void) => void) => () => ({
      then,
    });
    expect(await resultOf(thenable((resolve) => resolve({ accuracy: 1 })))).toMatchObject({ ok: true });
    expect(
      await resultOf(
        thenable((resolve, reject) => {
          resolve({ accuracy: 1 });
          reject(new Error("too late"));
          throw new Error("much too late");
        }),
      ),
    ).toMatchObject({ ok: true, value: { metrics: { accuracy: 1 } } });
    expect(await resultOf(thenable((_, reject) => reject("timeout")))).toMatchObject({ error: { kind: "timeout" } });
    expect(
      await resultOf(
        thenable(() => {
          throw new Error("no");
        }),
      ),
    ).toMatchObject({ ok: false });
    expect(await resultOf(thenable((resolve) => resolve(Promise.resolve({ accuracy: 1 }))))).toMatchObject({
      ok: true,
      value: { metrics: { accuracy: 1 } },
    });
  });
});

describe("what a condition may ask", () => {
  it("is who it is, its row, its factors and its limits", async () => {
    let seen: unknown;
    await resultOf(
      (row, { itemId, condition, repeat, attempt, factors, limits }) => {
        seen = { row, itemId, condition, repeat, attempt, factors, limits };
        return 1;
      },
      { config: { timeoutMs: 77 } },
      3,
    );
    expect(seen).toEqual({
      row: { n: 6 },
      itemId: "q1",
      condition: "a",
      repeat: 2,
      attempt: 3,
      factors: { n: 3 },
      limits: { timeoutMs: 77 },
    });
  });

  it("is random numbers: the same for this task and attempt in every run, others for every other", async () => {
    const drawn = async (attempt: number, randomSeed = 42) => {
      const result = await resultOf(
        (_, { random }) => ({ accuracy: random(), second: random() }),
        { config: { randomSeed } },
        attempt,
      );
      return result.ok ? [result.value.metrics.accuracy, result.value.metrics.second] : [];
    };
    const first = await drawn(1);
    expect(first[0]).not.toBe(first[1]);
    expect(await drawn(1)).toEqual(first);
    expect(await drawn(2)).not.toEqual(first);
    expect(await drawn(1, 43)).not.toEqual(first);
  });

  it("is to be charged: charges add up, and count although the attempt fails", async () => {
    const twice: Run = (_, { charge }) => {
      charge(0.5);
      charge(0.25);
      return { accuracy: 1 };
    };
    const paid = await begin(twice).result;
    expect(paid).toMatchObject({ cost: 0.75, result: { value: { metrics: { cost: 0.75 } } } });
    const failed = await begin((_, { charge }) => {
      charge(2);
      throw new Error("after the bill");
    }).result;
    expect(failed).toMatchObject({ cost: 2, result: { ok: false } });
  });

  it("is nothing to be charged twice: a cost that is returned is the cost", async () => {
    const returned = await begin((_, { charge }) => {
      charge(1);
      return { accuracy: 1, cost: 3 };
    }).result;
    expect(returned.cost).toBe(3);
    expect(await begin(() => 1).result).not.toHaveProperty("cost");
  });

  it("is to leave a line behind", async () => {
    const attempt = begin((_, { log }) => {
      log("half way");
      return 1;
    });
    expect(attempt.logged).toEqual(["half way"]);
  });
});

describe("a condition that solves", () => {
  const solver: ExperimentInput["conditions"][number] = {
    name: "a",
    solver: generate(),
    scorers: [Object.assign(() => ({ value: "C" }), { scorerName: "match" })],
  };

  it("is run by solver and scorers, and its tokens are counted", async () => {
    const backend = scripted(["42"]);
    const clock = manualClock();
    const experiment = defineExperiment({
      name: "x",
      dataset: [1],
      conditions: [{ ...solver, backend }],
      metrics: ["accuracy"],
    });
    const question = { ...task, item: { id: "q1", row: { input: "6 * 7?", target: "42" } } };
    const executor = inline()(executorScope(experiment, { clock }));
    const answering = await executor.run(question, 1).result;
    if (!answering.result.ok) throw answering.result.error;
    const { answer: state, metrics, scored } = answering.result.value;
    expect([scored, state?.messages?.at(-1)]).toEqual([false, { role: "assistant", content: "42" }]);
    expect([answering.usage?.calls, answering.worker]).toEqual([1, "inline"]);
    const scoring = await executor.run({ ...question, answer: { state: state!, attempts: 1, metrics } }, 2).result;
    expect(scoring.result).toMatchObject({
      ok: true,
      value: { scored: true, metrics: { accuracy: 1, match: 1 }, output: { completion: "42" } },
    });
    expect(scoring.usage).toBeUndefined();
  });

  it("scores at once without a worker where scorers did before, and no longer once one waits or fails", async () => {
    let says: () => Score | Promise<Score> = () => scored("C");
    const experiment = defineExperiment({
      name: "x",
      dataset: [1],
      conditions: [
        { name: "a", solver: generate(), backend: scripted(["42"]), scorers: [named("says", () => says())] },
      ],
      metrics: ["accuracy"],
    });
    const executor = inline()(executorScope(experiment, { clock: systemClock }));
    const state = { messages: [], output: { content: "42", finishReason: "stop", toolCalls: [] } } as const;
    const item = { id: "q1", row: { input: "6 * 7?", target: "42" } };
    const answered = { ...task, item, answer: { state, attempts: 1, metrics: {} } };
    const atOnce = async (given: () => Score | Promise<Score>) => {
      await new Promise(setImmediate); // a turn of its own
      says = given;
      return executor.atOnce!(answered, 2);
    };
    const right = { result: { ok: true, value: { metrics: { accuracy: 1 } } } };
    expect(await atOnce(() => scored("C"))).toBeUndefined();
    await executor.run(answered, 2).result;
    expect(await atOnce(() => scored("C"))).toMatchObject(right);
    const throwing = () => {
      throw new TypeError("a slip");
    };
    expect(await atOnce(throwing)).toBeUndefined();
    expect(await atOnce(() => scored("C"))).toMatchObject(right);
    expect(await atOnce(async () => scored("C"))).toBeUndefined();
    expect(await atOnce(() => scored("C"))).toBeUndefined();
  });

  describe("has the times of what it calls", () => {
    const clock = manualClock(1000);
    const wait = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
    const toolOf = (name: string, ms: number, error?: string): Tool => ({
      name,
      parameters: {},
      run: async () => {
        await wait(ms);
        return error === undefined ? { content: "42" } : { content: error, error };
      },
    });
    const calling = (...names: string[]) => ({
      content: "",
      toolCalls: names.map((name, i) => ({ id: `${i}`, name, arguments: {} })),
    });
    const model = (replies: readonly Partial<Reply>[], ms: number) => {
      const { generate: reply, name } = scripted(replies as Reply[]);
      const slowly: Backend["generate"] = async (...given) => {
        await wait(ms);
        return reply(...given);
      };
      return { name, model: "m", generate: slowly };
    };
    const attemptAt = (condition: Partial<ExperimentInput["conditions"][number]>, change: Partial<Task> = {}) => {
      const experiment = defineExperiment({
        name: "x",
        dataset: [1],
        conditions: [{ ...solver, ...condition } as ExperimentInput["conditions"][number]],
        metrics: ["accuracy"],
        config: { timeoutMs: 10_000 },
      });
      const executor = inline()(executorScope(experiment, { clock }));
      return executor.run({ ...task, item: { id: "q1", row: { input: "?", target: "42" } }, ...change }, 1).result;
    };
    const ended = async (result: Promise<AttemptResult>): Promise<AttemptResult> => {
      await clock.drain();
      return result;
    };

    it("one after another and within the attempt, as many models as the usage counts", async () => {
      const backend = model([calling("look", "none", "fails"), { content: "42" }], 100);
      const tools = [toolOf("look", 50), toolOf("fails", 7, "no")];
      const answered = await ended(attemptAt({ backend, solver: chain(useTools(tools), generate()) }));
      expect(answered).toMatchObject({ elapsedMs: 257, usage: { calls: 2 } });
      expect(answered.calls).toEqual({
        spans: [
          { kind: "model", name: "m", startedMs: 0, elapsedMs: 100 },
          { kind: "tool", name: "look", startedMs: 100, elapsedMs: 50 },
          { kind: "tool", name: "fails", startedMs: 150, elapsedMs: 7, failed: true },
          { kind: "model", name: "m", startedMs: 157, elapsedMs: 100 },
        ],
      });
      if (!answered.result.ok) throw answered.result.error;
      const answer = { state: answered.result.value.answer!, attempts: 1, metrics: {} };
      const late = named("late", async () => {
        await wait(30);
        throw new Error("no");
      });
      const judge = named("judge", async (state, _, ask) => {
        await askModel(state, ask!, { model: "j" });
        return scored("C");
      });
      const judged = await ended(
        attemptAt({ backend: model([{ content: "C" }], 5), scorers: [late, judge] }, { answer }),
      );
      expect(judged.calls?.spans).toEqual([
        { kind: "scorer", name: "late", startedMs: 0, elapsedMs: 30, failed: true },
        { kind: "scorer", name: "judge", startedMs: 0, elapsedMs: 5 },
        { kind: "model", name: "j", startedMs: 0, elapsedMs: 5 },
      ]);
    });

    it("up to the end of the attempt where they never answer, and not beyond it", async () => {
      const { elapsedMs, calls } = await ended(attemptAt({ backend: model([{ content: "42" }], 20_000) }));
      expect(elapsedMs).toBe(10_000);
      expect(calls).toEqual({ spans: [{ kind: "model", name: "m", startedMs: 0, elapsedMs: 10_000, failed: true }] });
    });

    it("of the first hundred, and the number of the others", async () => {
      const often: Solver = async (state, ask) => {
        for (let i = 0; i < 120; i++) await askModel(state, ask);
        return state;
      };
      const { calls, usage } = await ended(
        attemptAt({ backend: model(Array(120).fill({ content: "42" }), 1), solver: often }),
      );
      expect([calls!.spans.length, calls!.leftOut, calls!.spans.length + calls!.leftOut!]).toEqual([
        100,
        20,
        usage!.calls,
      ]);
      expect(calls!.spans.map(({ startedMs }) => startedMs)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    });

    it("not where a function does the task", async () => {
      expect(await begin(() => 1).result).not.toHaveProperty("calls");
    });
  });

  it("fails without a backend, and says whose", async () => {
    expect(await resultOf(() => 1, { conditions: [solver] })).toMatchObject({
      error: { kind: "invalid_query", message: "condition a has a solver and no backend" },
    });
  });
});
