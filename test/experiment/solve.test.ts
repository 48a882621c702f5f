import { type Condition, defineExperiment, describe as describeExperiment, memoryStore, run } from "crucible-harness";
import { type Backend, cached, priced, priceTable, scripted } from "crucible-harness/backends";
import { choice, exact, named } from "crucible-harness/scoring";
import { chain, generate, multipleChoice, tool, useTools } from "crucible-harness/solver";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { byScorer } from "#src/experiment/scorer-failure";
import { toFailure } from "#src/kernel/failure";

const adder = tool({ name: "adder", parameters: z.object({}), execute: () => 4 });

/** A model that never stops calling its tool: 1 token read, 1 written, 2 cents a call. */
const endless = priced(
  scripted(() => ({
    content: "4",
    toolCalls: [{ id: "1", name: "adder", arguments: {} }],
    usage: { promptTokens: 1, completionTokens: 1 },
  })),
  priceTable({ parrot: { input: 10_000, output: 10_000 } }),
);

const solving = (
  condition: Partial<Condition>,
  rows: readonly unknown[] = [{ id: "q1", input: "2 + 2?", target: "4" }],
) =>
  defineExperiment({
    name: "x",
    dataset: rows,
    conditions: [{ name: "a", solver: generate(), scorers: [exact()], ...condition } as Condition],
    metrics: ["accuracy", "latency"],
  });
const rowsOf = async (experiment: ReturnType<typeof solving>) =>
  (await run(experiment, { store: () => memoryStore(), formats: [] })).results;

describe("a condition's limits", () => {
  it.each([
    [{ messageLimit: 4 }, { type: "message", limit: 4 }],
    [{ tokenLimit: 5 }, { type: "token", limit: 5, value: 6 }],
    [{ costLimit: 0.05 }, { type: "cost", limit: 0.05, value: expect.closeTo(0.06) }],
  ])("end the work at %o, and what was answered by then is scored", async (limits, limit) => {
    const [row] = await rowsOf(
      solving({ solver: chain(useTools([adder]), generate()), backend: endless, model: "parrot", ...limits }),
    );
    expect(row).toMatchObject({ finalStatus: "success", metrics: { accuracy: 1 }, output: { limit } });
  });

  it("leave a row with the times of each stage's calls, as many of models as its usage counts", async () => {
    const judge = named("judge", async (state, _target, ask) => {
      await ask!(state, {});
      return { value: "C" };
    });
    const solver = chain(useTools([adder]), generate());
    const [row] = await rowsOf(solving({ solver, backend: endless, model: "parrot", tokenLimit: 5, scorers: [judge] }));
    const { usage, calls, scoring, elapsedMs } = row!;
    const kinds = (made: typeof calls) => made!.spans.map(({ kind, name }) => `${kind} ${name}`);
    expect(kinds(calls).slice(0, 3)).toEqual(["model parrot", "tool adder", "model parrot"]);
    expect(kinds(scoring?.calls)).toEqual(["scorer judge", "model parrot"]);
    const spans = [...calls!.spans, ...scoring!.calls!.spans];
    expect(spans.filter(({ kind }) => kind === "model")).toHaveLength(usage!.calls);
    expect(Math.max(...spans.map((span) => span.startedMs + span.elapsedMs))).toBeLessThanOrEqual(elapsedMs + 0.001);
  });

  it("are part of what ran, so that a changed one is noticed", () => {
    expect(describeExperiment(solving({ tokenLimit: 5 })).conditions[0]).toMatchObject({ tokenLimit: 5 });
    expect(describeExperiment(solving({})).conditions[0]).not.toHaveProperty("tokenLimit");
  });

  it("are refused where a function does the task and would not keep them", () => {
    const condition = { name: "a", run: () => 1, costLimit: 1 };
    expect(() => defineExperiment({ name: "x", dataset: [1], conditions: [condition], metrics: ["value"] })).toThrow(
      "conditions[0].costLimit is for conditions with a solver",
    );
  });
});

describe("a question whose choices are letters or numbers themselves", () => {
  it.each([
    ["by its position", { choices: ["B", "A"], target: 0 }, "A"],
    ["by a label of the data", { choices: { text: ["C", "A", "B"], label: ["1", "2", "3"] }, target: "2" }, "B"],
    ["by its text", { choices: ["b.", "C"], target: "C" }, "B"],
  ])("is answered and scored by the choice that the row names %s", async (_, row, label) => {
    const backend = scripted(() => `ANSWER: ${label}`);
    const [result] = await rowsOf(
      solving({ backend, solver: multipleChoice(), scorers: [choice()] }, [{ input: "Which is it?", ...row }]),
    );
    expect(result).toMatchObject({ finalStatus: "success", metrics: { accuracy: 1 }, output: { target: [label] } });
  });
});

describe("a condition's fields", () => {
  const rows = [{ id: "q1", Frage: "2 + 2?", Antwort: "4", level: 1 }];
  const backend = scripted((messages) => (messages[0]?.content === "2 + 2?" ? "4" : "what?"));

  it("say which field of a row is the question and which the answer", async () => {
    const [row] = await rowsOf(solving({ backend, fields: { input: "Frage", target: "Antwort" } }, rows));
    expect(row).toMatchObject({ itemId: "q1", metrics: { accuracy: 1 } });
  });

  it("may be said once for all conditions, and once more for one", async () => {
    const experiment = defineExperiment({
      name: "x",
      dataset: rows,
      datasetConfig: { fields: { input: "Frage", target: "Antwort" } },
      conditions: [
        { name: "all", solver: generate(), scorers: [exact()], backend },
        { name: "own", solver: generate(), scorers: [exact()], backend, fields: { input: "id", target: "Antwort" } },
        { name: "run", run: () => ({ accuracy: 1 }) },
      ],
      metrics: ["accuracy"],
    });
    expect((await rowsOf(experiment)).map(({ metrics }) => metrics.accuracy).sort()).toEqual([0, 1, 1]);
  });

  it("are refused by their own names when misspelled", () => {
    expect(() => solving({ fields: { inputs: "Frage" } as never })).toThrow('Did you mean "input"?');
  });
});

it.each([
  ["nothing", () => undefined, "undefined"],
  ["a bare letter, later", async () => "C", '"C"'],
])("a scorer that returns %s fails with a sentence that names it", async (_, odd, got) => {
  const scorers = [named("mine", odd as never)];
  const [row] = await rowsOf(solving({ scorers, backend: scripted(["4"]) }));
  expect(row!.result).toMatchObject({
    ok: false,
    error: {
      kind: "invalid_metric",
      message: `the scorer mine returned ${got}; a scorer returns a score, such as scored("C")`,
    },
  });
});

it.each<[string, unknown, string]>([
  ["nothing", undefined, "gave undefined as its value; a value is C, I, P, N"],
  ["a function", () => 1, "as its value; a value is C, I, P, N"],
  ["a record of records", { a: { b: 1 } }, 'gave {"a":{"b":1}} as its value'],
])("a score whose value is %s fails with a sentence that names its scorer", async (_, value, sentence) => {
  const scorers = [named("mine", () => ({ value: value as never }))];
  const [row] = await rowsOf(solving({ scorers, backend: scripted(["4"]) }));
  expect(row!.result).toMatchObject({
    error: { kind: "invalid_metric", message: expect.stringContaining(sentence) },
  });
});

it.each<[unknown, string]>([
  [Number.NaN, "the value NaN is not a number"],
  [Number.POSITIVE_INFINITY, "the value Infinity is not a number"],
  ["banana", 'the value "banana" is not a number'],
])("a score of %s leaves no metric and says why", async (value, unscored) => {
  const scorers = [named("mine", () => ({ value: value as never }))];
  const [row] = await rowsOf(solving({ scorers, backend: scripted(["4"]) }));
  expect([row!.metrics, row!.output!.scores]).toMatchObject([{ tokens: expect.any(Number) }, { mine: { unscored } }]);
  expect(row!.metrics).not.toHaveProperty("mine");
});

it("a scorer that fails is named, at once and later, by a bug and by what a judge's server says, whose kind and delay stay", async () => {
  const said = async (odd: () => unknown) => {
    const scorers = [named("other", () => ({ value: "C" })), named("mine", odd as never)];
    const [row] = await rowsOf(solving({ scorers, backend: scripted(["4"]) }));
    const { error } = row!.result as { error: { kind: string; message: string } };
    return [error.kind, error.message];
  };
  const bug = ["unknown", "the scorer mine threw: no logprobs"];
  const throwing = () => {
    throw new TypeError("no logprobs");
  };
  expect(await said(throwing)).toEqual(bug);
  expect(await said(async () => throwing())).toEqual(bug);
  expect(await said(() => Promise.reject(Object.assign(new Error("bad key"), { status: 401 })))).toEqual([
    "authentication_failed",
    "the scorer mine failed: bad key",
  ]);
  const busy = Object.assign(new Error("slow down"), { status: 429, headers: { "retry-after": "2" } });
  expect(toFailure(byScorer("mine", busy), 0)).toEqual({
    ...toFailure(busy, 0),
    message: "the scorer mine failed: slow down",
  });
  const cut = new DOMException("aborted", "AbortError");
  expect(byScorer("mine", cut)).toBe(cut);
});

describe("replies from a cache", () => {
  const model = (): Backend =>
    priced(
      scripted(() => "4"),
      priceTable({ parrot: { input: 10, output: 10 } }),
    );
  const twice = async () => {
    const backend = cached(model());
    const experiment = solving({ backend, model: "parrot" });
    return [await rowsOf(experiment), await run(experiment, { store: () => memoryStore(), formats: [] })] as const;
  };

  it("keep their usage, cost nothing and are left out of latency", async () => {
    const [[first], { results }] = await twice();
    expect(first).toMatchObject({ metrics: { latency: expect.any(Number) }, usage: { calls: 1 }, cost: 0.00003 });
    expect(results[0]?.usage).toEqual({ ...first?.usage, calls: 0, cached: 1 });
    expect(results[0]?.metrics).not.toHaveProperty("latency");
    expect(results[0]).not.toHaveProperty("cost");
  });

  it("leave the latency of a run without values, which is not a mistake of its definition", async () => {
    const [, report] = await twice();
    expect(report.status).toBe("completed");
    const latency = report.analysis.metrics.find(({ metric }) => metric.name === "latency");
    expect(latency?.summaries[0]?.estimate.value).toMatchObject({ ok: false });
  });
});
