import { defineExperiment, type ExperimentInput, memoryStore, type RunStore, run } from "crucible-harness";
import { checkInvariants } from "crucible-harness/testing";
import { describe, expect, it } from "vitest";
import { backendOf } from "#src/backends/backend";
import { inline } from "#src/execute/inline";
import type { ExecutorFactory } from "#src/execute/scope";
import { redefine } from "#src/experiment/define";
import { FailureError } from "#src/kernel/failure";
import { modelGraded } from "#src/scoring/model-graded";
import { type Scorer, scored } from "#src/scoring/scorer";
import { generate } from "#src/solver/generate";
import type { Solver } from "#src/solver/solver";
import { runs } from "../runs.ts";
import { begin, finish, goOn, lastingStore, rowsOf, sleep, type World, world } from "./harness.ts";
import { counting, death, deaths, places, runIn } from "./killing.ts";

/** What a model and its judges were asked, in order. */
interface Asked {
  readonly asked: string[];
}

const busy = () => FailureError.of({ kind: "rate_limited", message: "busy", status: 429 });

/** A model whose answers are numbered, at 1 a call, and judges at 0.01. @param refuses whether a judge's n-th call, from 1, is refused */
function judged(
  here: World & Asked,
  refuses: (judge: string, call: number) => boolean,
  {
    judges = ["judge"],
    items = 1,
    estimatedCost,
    ...more
  }: { judges?: string[]; items?: number; estimatedCost?: number } & Partial<ExperimentInput> = {},
) {
  let drawn = 0;
  const model = backendOf("model", async () => {
    await sleep(here.clock, 1);
    here.asked.push("model");
    return { content: `answer ${++drawn}`, cost: 1 };
  });
  const judge = (name: string) => {
    let calls = 0;
    return backendOf(name, async (messages) => {
      await sleep(here.clock, 1);
      here.asked.push(`${name} ${/answer \d+/.exec(messages.at(-1)!.content)?.[0]}`);
      if (refuses(name, ++calls)) throw busy();
      return { content: "GRADE: C", cost: 0.01 };
    });
  };
  const { conditions: _, dataset: __, ...rest } = more;
  return defineExperiment({
    name: "judged",
    dataset: Array.from({ length: items }, (_, i) => ({ id: `i${i}`, input: "2 + 2?", target: "4" })),
    conditions: [
      {
        name: "c0",
        solver: generate(),
        ...(estimatedCost === undefined ? {} : { estimatedCost }),
        backend: model,
        scorers: judges.map((name) => modelGraded({ model: judge(name) })),
      },
    ],
    metrics: ["accuracy"],
    ...rest,
    config: { ...rest.config, errorHandling: { initialDelayMs: 10, maxFailureRate: 1, ...rest.config?.errorHandling } },
  });
}

const asking = (): World & Asked => ({ ...world(), asked: [] });

describe("a worker that breaks whenever it scores", () => {
  it("has as many attempts as scoring has, however few answering took, and its task ends", async () => {
    const here = asking();
    const breaks: ExecutorFactory = (scope) => {
      const inner = inline()(scope);
      const run: typeof inner.run = (task, ...rest) => {
        if (task.answer) throw new Error("broke");
        return inner.run(task, ...rest);
      };
      return { ...inner, run };
    };
    const config = { errorHandling: { maxRetries: 2 } };
    const { results } = await finish(
      here,
      begin(
        here,
        judged(here, () => false, { config }),
        undefined,
        { executor: breaks },
      ),
    );
    expect(here.asked).toEqual(["model"]);
    expect(results).toMatchObject([{ finalStatus: "failed_retries_exhausted", scoring: { attempts: 3 } }]);
    expect(results[0]!.errorHistory.map(({ error }) => error.kind)).toEqual(["crash", "crash", "crash"]);
  });
});

describe("a judge that is busy", () => {
  it("is asked again alone: the model is asked once, its first answer is judged, and its price is paid once", async () => {
    const here = asking();
    const { results, cost } = await finish(
      here,
      begin(
        here,
        judged(here, (_, call) => call <= 2),
      ),
    );
    expect(here.asked).toEqual(["model", "judge answer 1", "judge answer 1", "judge answer 1"]);
    expect(cost).toBeCloseTo(1.01, 12);
    expect(results).toMatchObject([
      {
        finalStatus: "success",
        metrics: { accuracy: 1, cost: 1.01 },
        output: { completion: "answer 1" },
        attempts: 3,
        scoring: { attempts: 3, cost: 0.01 },
        errorHistory: [
          { attempt: 1, stage: "scoring", error: { kind: "rate_limited" } },
          { attempt: 2, stage: "scoring", error: { kind: "rate_limited" } },
        ],
      },
    ]);
  });

  it("has as many attempts as a model has: each stage has its own", async () => {
    const here = asking();
    const errorHandling = { maxRetries: 2 };
    const experiment = judged(here, () => true, { config: { errorHandling } });
    const refusing = { ...experiment.conditions[0]!.backend! };
    let calls = 0;
    const condition = {
      ...experiment.conditions[0]!,
      backend: backendOf("model", async (messages, config, context) => {
        if (++calls <= 2) throw busy();
        return refusing.generate(messages, config, context);
      }),
    };
    const { results } = await finish(here, begin(here, redefine(experiment, { conditions: [condition] })));
    expect([calls, here.asked.length]).toEqual([3, 4]);
    expect(results).toMatchObject([
      {
        finalStatus: "failed_retries_exhausted",
        attempts: 5,
        cost: 1,
        scoring: { attempts: 3 },
        errorHistory: [
          { attempt: 1 },
          { attempt: 2 },
          { attempt: 1, stage: "scoring" },
          { attempt: 2, stage: "scoring" },
          { attempt: 3, stage: "scoring" },
        ],
      },
    ]);
  });

  it("is asked again without the judges that have given their scores", async () => {
    const here = asking();
    const { results, cost } = await finish(
      here,
      begin(
        here,
        judged(here, (judge, call) => judge === "b" && call === 1, { judges: ["a", "b", "c"] }),
      ),
    );
    expect(here.asked).toEqual(["model", "a answer 1", "b answer 1", "c answer 1", "b answer 1"]);
    expect(cost).toBeCloseTo(1.03, 12);
    expect(results[0]!.metrics).toMatchObject({ modelGraded: 1, modelGraded1: 1, modelGraded2: 1, cost: 1.03 });
  });
});

describe("two stages", () => {
  it("have a timeout each", async () => {
    const here = asking();
    const slow: Solver = async (state, callModel) => {
      await sleep(here.clock, 80);
      return generate()(state, callModel);
    };
    const experiment = judged(here, () => false, { config: { timeoutMs: 100 } });
    const patient: Scorer = async () => {
      await sleep(here.clock, 80);
      return scored(1);
    };
    const conditions = [{ ...experiment.conditions[0]!, solver: slow, scorers: [patient] }];
    const { results } = await finish(here, begin(here, redefine(experiment, { conditions })));
    expect(results).toMatchObject([{ finalStatus: "success", attempts: 1 }]);
    expect(results[0]!.elapsedMs).toBeGreaterThanOrEqual(160);
    expect(results[0]!.metrics.latency).toBeLessThan(100); // of the answer alone
  });

  it("ask all scorers side by side", async () => {
    const here = asking();
    const startedMs: number[] = [];
    const slow = (name: string): Scorer =>
      Object.assign(
        async () => {
          startedMs.push(here.clock.now());
          await sleep(here.clock, 50);
          return scored(1);
        },
        { scorerName: name },
      );
    const experiment = judged(here, () => false);
    const conditions = [{ ...experiment.conditions[0]!, scorers: [slow("a"), slow("b"), slow("c")] }];
    const { results } = await finish(here, begin(here, redefine(experiment, { conditions })));
    expect(new Set(startedMs).size).toBe(1);
    expect(results[0]!.scoring!.elapsedMs).toBeLessThan(100);
  });

  it("give each of several scorers random numbers of its own, whichever draws first", async () => {
    const draws = async (delays: readonly number[]) => {
      const here = asking();
      const drawing = (name: string, ms: number): Scorer =>
        Object.assign(
          async (_: unknown, __: unknown, callModel: Parameters<Scorer>[2]) => {
            await sleep(here.clock, ms);
            return scored(callModel!.context!.random!());
          },
          { scorerName: name },
        );
      const experiment = judged(here, () => false);
      const scorers = delays.map((ms, i) => drawing(`s${i}`, ms));
      const conditions = [{ ...experiment.conditions[0]!, scorers }];
      const { results } = await finish(here, begin(here, redefine(experiment, { conditions })));
      const { s0, s1 } = results[0]!.metrics;
      return [s0, s1];
    };
    const [first, second] = [await draws([5, 20]), await draws([20, 5])];
    expect(second).toEqual(first);
    expect(first[0]).not.toBe(first[1]);
  });

  it("come one after the other also where nothing waits: an answer is in the store before it is scored", async () => {
    const memory = memoryStore();
    const kept = new Set<string>();
    const store: RunStore = {
      ...memory,
      putAnswers: (answers) => {
        for (const { itemId } of answers) kept.add(itemId);
        return memory.putAnswers!(answers);
      },
    };
    const isKept: Scorer = ({ output }) => scored(Number(kept.has(output!.content)));
    const echo = backendOf("echo", (messages) => ({ content: messages.at(-1)!.content }));
    const experiment = defineExperiment({
      name: "at once",
      dataset: Array.from({ length: 30 }, (_, i) => ({ id: `i${i}`, input: `i${i}` })),
      conditions: [{ name: "a", solver: generate(), scorers: [isKept], backend: echo }],
      metrics: ["accuracy"],
    });
    const { results } = await run(experiment, { store: () => store, formats: [] });
    expect(results.map(({ metrics }) => metrics.accuracy)).toEqual(Array(30).fill(1));
  });

  it("leave an answer that cannot be stored to be scored at once, with what it holds", async () => {
    const here = asking();
    const experiment = judged(here, () => false);
    const withMap: Solver = async (state, callModel) =>
      (await generate()(state, callModel)).put("seen", new Map([["a", 1]]));
    const reads: Scorer = (state) => scored((state.store.seen as Map<string, number>).get("a")!);
    const conditions = [{ ...experiment.conditions[0]!, solver: withMap, scorers: [reads] }];
    const { results } = await finish(here, begin(here, redefine(experiment, { conditions })));
    expect(results).toMatchObject([{ finalStatus: "success", metrics: { accuracy: 1 } }]);
    expect(results[0]).not.toHaveProperty("scoring");
  });
});

describe("a run that ends between the stages", () => {
  /** A run whose process ends while the judge is asked. */
  const cutOff = async (here: World & Asked, store: RunStore, options: { maxTotal?: number } = {}) => {
    const costBudget = options.maxTotal === undefined ? {} : { costBudget: { maxTotal: options.maxTotal } };
    const experiment = judged(here, (_, call) => call === 1, { items: 2, config: { maxParallel: 1 }, ...costBudget });
    const handle = begin(here, experiment, store);
    await finish(here, handle, () => {
      if (here.asked.includes("judge answer 1")) handle.abort("test");
    });
    return experiment;
  };

  it("is resumed at the second: the answer that was stored is judged, and no other is asked for", async () => {
    const here = asking();
    const store = lastingStore();
    const experiment = await cutOff(here, store);
    expect(here.asked).toEqual(["model", "judge answer 1"]);
    expect([...(store.answers!() as Iterable<{ ordinal: number }>)]).toMatchObject([
      { ordinal: 0, attempts: 1, cost: 1 },
    ]);
    const { results, cost, accounting } = await finish(here, goOn(here, experiment, store));
    expect(here.asked.slice(2)).toEqual(["judge answer 1", "model", "judge answer 2"]);
    expect(accounting).toMatchObject({ succeeded: 2, pending: 0 });
    expect(cost).toBeCloseTo(2.02, 12);
    expect(results[0]).toMatchObject({ cost: 1.01, scoring: { attempts: 1, cost: 0.01 } });
    expect([...(store.answers!() as Iterable<unknown>)]).toEqual([]);
  });

  it("counts the answer as spent once, under a budget too", async () => {
    const here = asking();
    const store = lastingStore();
    const experiment = await cutOff(here, store, { maxTotal: 10 });
    const stopped = await finish(here, goOn(here, experiment, store));
    expect(stopped.cost).toBeCloseTo(2.02, 12);
    expect(here.asked.filter((one) => one === "model")).toHaveLength(2);
  });

  it("says in its report what the answer cost, and a budget that is spent by answers does not leave them unscored", async () => {
    const here = asking();
    const store = lastingStore();
    const experiment = judged(here, (_, call) => call === 1, { costBudget: { maxTotal: 1 }, estimatedCost: 1 });
    const handle = begin(here, experiment, store);
    const first = await finish(here, handle, () => {
      if (here.asked.includes("judge answer 1")) handle.abort("test");
    });
    expect(first).toMatchObject({ status: "aborted", cost: 1, accounting: { pending: 1 } });
    const second = await finish(here, goOn(here, experiment, store));
    expect(second).toMatchObject({ status: "completed", accounting: { succeeded: 1 } });
    expect(second.cost).toBeCloseTo(1.01, 12);
    const sessions = await store.sessions();
    expect(sessions.map(({ lostCost }) => lostCost)).toEqual([1, undefined]);
  });

  it("counts nothing for a judge that was not asked, although money was promised for it", async () => {
    const here = asking();
    const kept = lastingStore();
    const store: RunStore = {
      ...kept,
      putAnswers: async (answers) => {
        await sleep(here.clock, 20);
        await kept.putAnswers!(answers);
      },
    };
    const experiment = judged(here, () => false, { costBudget: { maxTotal: 10 }, estimatedCost: 1.5 });
    const handle = begin(here, experiment, store);
    let since = 0;
    const { cost } = await finish(here, handle, () => {
      if (here.asked.includes("model") && ++since === 5) handle.abort("test");
    });
    expect({ asked: here.asked, cost }).toEqual({ asked: ["model"], cost: 1 });
    const resumed = await finish(here, goOn(here, experiment, store));
    expect(resumed.cost).toBeCloseTo(1.01, 12);
  });

  it("asks for the answer again where its store has no place for it", async () => {
    const here = asking();
    const { putAnswers: _, answers: __, ...plain } = lastingStore();
    const experiment = await cutOff(here, plain);
    const { accounting, cost } = await finish(here, goOn(here, experiment, plain));
    expect(accounting).toMatchObject({ succeeded: 2 });
    expect(here.asked.filter((one) => one === "model")).toHaveLength(3);
    expect(cost).toBeCloseTo(3.02, 12);
  });

  it("scores answers in their places of a larger plan", async () => {
    const here = asking();
    const store = lastingStore();
    const experiment = await cutOff(here, store);
    const larger = redefine(experiment, { repeat: 2 });
    const { accounting } = await finish(here, goOn(here, larger, store, {}));
    expect(accounting).toMatchObject({ succeeded: 4 });
    expect(here.asked.filter((one) => one === "model")).toHaveLength(4);
  });
});

describe("a task whose scoring failed for good", () => {
  it("keeps its answer: done again, it is only scored", async () => {
    const here = asking();
    const store = lastingStore();
    let isUp = false;
    const experiment = judged(here, () => !isUp, { config: { errorHandling: { maxRetries: 0 } } });
    const first = await finish(here, begin(here, experiment, store));
    expect(first).toMatchObject({ cost: 1, accounting: { failed: 1 } });
    await store.forget([0]);
    isUp = true;
    const second = await finish(here, goOn(here, experiment, store));
    expect(here.asked).toEqual(["model", "judge answer 1", "judge answer 1"]);
    expect(second.accounting).toMatchObject({ succeeded: 1, failed: 0 });
    expect(second.cost).toBeCloseTo(1.01, 12);
  });
});

describe("whatever dies at whatever moment", () => {
  const parts = [...places, "conditions/c0/tasks/*"];

  it.each(parts.flatMap((place) => deaths.map((how) => [how, place] as const)))(
    "a %s of %s: every answer is drawn once, every task is scored, and the bill is right",
    async (how, place) => {
      const count = async () => {
        const here = asking();
        const { faults, count: seen } = counting(place);
        const { rows } = await runIn(
          here,
          judged(here, (_, call) => call === 2, { items: 3 }),
          { faults },
        );
        return { events: seen(), rows };
      };
      const { events } = await count();
      const some = Array.from({ length: events }, (_, i) => i + 1).filter(
        (n) => n <= runs(2, 20) || n % Math.ceil(events / runs(2, 40)) === 0,
      );
      for (const at of some) {
        const here = asking();
        const experiment = judged(here, (_, call) => call === 2, { items: 3 });
        const { record, store } = await runIn(here, experiment, { faults: death(how, place, at) });
        expect({ at, violations: checkInvariants(record) }).toEqual({ at, violations: [] });
        const isCutOff = record.report.accounting.pending > 0; // a supervisor gave up
        const report = isCutOff ? await finish(here, goOn(here, experiment, store)) : record.report;
        const { accounting, cost, results } = report;
        const judgedAnswers = new Set(here.asked.filter((one) => one !== "model").map((one) => one.slice(6)));
        const calls = here.asked.reduce((sum, one) => sum + (one === "model" ? 1 : 0.01), -0.01); // one was refused
        expect({
          at,
          succeeded: accounting.succeeded,
          judged: [...judgedAnswers].sort(),
        }).toEqual({
          at,
          succeeded: 3,
          judged: results.map(({ output }) => output?.completion).sort(),
        });
        expect(cost).toBeGreaterThan(3.03 - 1e-9);
        expect(cost).toBeLessThan(calls + 1e-9); // a reply to a call that was cut off is in no book
      }
    },
  );
});

describe("a function as a condition", () => {
  it("has one stage: no answer is stored", async () => {
    const here = asking();
    const kept = memoryStore();
    let stored = 0;
    const store: RunStore = { ...kept, close: () => {}, putAnswers: () => void stored++ };
    const experiment = defineExperiment({
      name: "plain",
      dataset: [{ id: "a" }],
      conditions: [{ name: "c0", run: () => ({ accuracy: 1 }) }],
      metrics: ["accuracy"],
    });
    const { results } = await finish(here, begin(here, experiment, store));
    expect([stored, results[0]!.scoring, await rowsOf(store)]).toMatchObject([0, undefined, [{ attempts: 1 }]]);
  });
});
