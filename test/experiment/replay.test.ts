import { defineExperiment, inspectLog, lmEvalSamples, memoryStore, replay, run } from "crucible-harness";
import { describe, expect, it } from "vitest";

/** Lines as lm-evaluation-harness writes them for GSM8K: two filters an item. */
const samples = (right: readonly boolean[]): string =>
  right
    .flatMap((isRight, doc_id) =>
      ["strict-match", "flexible-extract"].map((filter) =>
        JSON.stringify({
          doc_id,
          doc: { question: `${doc_id} + 1?` },
          target: String(doc_id + 1),
          resps: [[`It is #### ${doc_id + 1}`]],
          filtered_resps: [filter === "strict-match" && !isRight ? "[invalid]" : String(doc_id + 1)],
          filter,
          metrics: ["exact_match"],
          exact_match: filter === "strict-match" ? Number(isRight) : 1,
        }),
      ),
    )
    .join("\n");

/** A log as inspect_ai writes it, two epochs. */
const log = JSON.stringify({
  eval: { task: "arithmetic", model: "parrot" },
  samples: [1, 2].flatMap((epoch) =>
    ["q1", "q2"].map((id) => ({
      id,
      epoch,
      input: "2 + 2?",
      target: "4",
      output: { completion: "4" },
      scores: { match: { value: id === "q1" || epoch === 2 ? "C" : "I" } },
    })),
  ),
});

const accuraciesOf = async (runs: ReturnType<typeof replay>, metric: string) => {
  const experiment = defineExperiment({ name: "x", ...runs, metrics: [metric] });
  const report = await run(experiment, { store: () => memoryStore(), formats: [] });
  const values = report.analysis.metrics[0]!.summaries.map(({ estimate }) => estimate.value);
  return { report, values: values.map((value) => (value.ok ? value.value : Number.NaN)) };
};

describe("runs of other programs", () => {
  it("are conditions here: lm-evaluation-harness's samples, compared item by item", async () => {
    const a = lmEvalSamples(samples([true, true, false, true]), "a.jsonl", "strict-match");
    const b = lmEvalSamples(samples([true, false, false, true]), "b.jsonl", "strict-match");
    const { report, values } = await accuraciesOf(replay({ a, b }), "exact_match");
    expect(values).toEqual([0.75, 0.5]);
    expect(report.analysis.metrics[0]!.comparisons[0]).toMatchObject({ design: "paired", n: 4 });
  });

  it("are read by the filter that is named", () => {
    const answers = lmEvalSamples(samples([false]), "samples.jsonl", "flexible-extract");
    expect(answers).toMatchObject([{ completion: "1", scores: { exact_match: 1 } }]);
    expect(() => lmEvalSamples(samples([true]), "s.jsonl", "none")).toThrow(
      's.jsonl must have samples of the filter "none"',
    );
  });

  it("keep the epochs of inspect_ai as repeats, and its letters as numbers", async () => {
    const runs = replay({ parrot: inspectLog(log) });
    expect(runs.repeat).toBe(2);
    expect((await accuraciesOf(runs, "match")).values).toEqual([0.75]);
  });

  it("fail at an item that they have no answer to", async () => {
    const of = (...right: boolean[]) => lmEvalSamples(samples(right), "s.jsonl", "strict-match");
    const [a, b] = [of(true, true), of(true)];
    const { report } = await accuraciesOf(replay({ a, b }), "exact_match");
    expect(report.accounting).toMatchObject({ planned: 4, succeeded: 3, failed: 1 });
  });

  it("fail where the other program failed, with its words, and keep its times", async () => {
    const answer = {
      repeat: 0,
      input: "?",
      target: "4",
      completion: "4",
      scores: { match: "C" },
      latency: 664,
      tokens: 66,
    };
    const runs = replay({
      a: [
        { ...answer, id: "1" },
        { ...answer, id: "2", scores: {}, error: "RateLimitError()" },
      ],
    });
    const { report } = await accuraciesOf(runs, "match");
    expect(report.results.find(({ itemId }) => itemId === "1")).toMatchObject({
      metrics: { match: 1, latency: 664, tokens: 66 },
    });
    expect(report.results.find(({ itemId }) => itemId === "2")).toMatchObject({
      finalStatus: "failed_permanent",
      result: { ok: false, error: { message: "RateLimitError()" } },
    });
  });

  it("have scores of several parts by name, and none where there is no number", async () => {
    const scores = { judge: { fluency: "P", note: null }, words: ["a", "b"], verdict: "perhaps", nothing: null };
    const runs = replay({ a: [{ id: "1", repeat: 0, input: "?", target: "", completion: "", scores }] });
    const { report } = await accuraciesOf(runs, "judge.fluency");
    expect(report.results[0]?.metrics).toEqual({ judge: { fluency: 0.5 }, latency: expect.any(Number) });
  });

  it("must have answers, and only one to each item", () => {
    expect(() => replay({ a: [] })).toThrow("replay.a must have at least one answer");
    const twice = lmEvalSamples(
      samples([true, true]).replaceAll('"doc_id":1', '"doc_id":0'),
      "s.jsonl",
      "strict-match",
    );
    expect(() => replay({ a: twice })).toThrow('replay.a answers "0" twice');
  });

  it("of two harnesses are brought together by their questions, or refused with the way to do it", async () => {
    const answer = { repeat: 0, target: "4", completion: "4" };
    const runs = {
      lm_eval: [
        { ...answer, id: "0", input: { question: "2 + 2?" }, target: "#### 4", scores: { right: 1 } },
        { ...answer, id: "1", input: { question: "3 + 3?" }, scores: { right: 0 } },
      ],
      inspect: [
        { ...answer, id: "q2", input: "3 + 3?\n", scores: { right: "C" } },
        { ...answer, id: "q1", input: "2  + 2?", scores: { right: "C" } },
      ],
    };
    expect(() => replay(runs)).toThrow(
      'replay.inspect must share an item with replay.lm_eval, got "\\"q2\\" and others". In replay.lm_eval there is "0". Where two programs number the same questions, say what the question is: replay(runs, { by: ({ input }) => input.question ?? input })',
    );
    const together = replay(runs, { by: ({ input }) => input.question ?? input });
    expect(together.dataset).toHaveLength(2);
    expect((await accuraciesOf(together, "right")).values).toEqual([0.5, 1]);
    expect(() => replay(runs, { by: ({ input }) => input.question })).toThrow(
      'replay.inspect must have a question for the item "q2"',
    );
    expect(() => replay(runs, { by: () => "the same" })).toThrow("replay.lm_eval answers");
  });

  it("are about the same items, or refused with the first that differs", () => {
    const answer = { id: "0", repeat: 0, input: { q: "2 + 2?" }, target: "4", completion: "4", scores: { acc: 1 } };
    const same = { ...answer, input: { q: "2 + 2?" }, completion: "5" };
    expect(replay({ a: [answer], b: [same] }).dataset).toHaveLength(1);
    const of = (change: object) => () => replay({ a: [{ ...answer, contentHash: "1" }], b: [{ ...same, ...change }] });
    expect(of({ input: { q: "3 + 3?" } })).toThrow(
      'replay.b must be about the items of replay.a, but its item "0" has another input, got {"q":"3 + 3?"}. In replay.a it is {"q":"2 + 2?"}: compare runs of one task and one version of its data, or say what the question is: replay(runs, { by })',
    );
    expect(of({ target: "5" })).toThrow('its item "0" has another target, got "5"');
    expect(of({ contentHash: "2" })).toThrow('its item "0" has another content, got "2"');
    expect(of({ contentHash: "1" })).not.toThrow();
    expect(() => replay({ a: [answer, { ...answer, repeat: 1, target: "5" }] })).toThrow("has another target");
  });

  it("say in their description what there is to know of their log", () => {
    const text = JSON.stringify({ status: "cancelled", samples: [{ id: 1 }, { id: 2 }] });
    expect(replay({ a: inspectLog(text) }).conditions[0]?.description).toBe(
      "replayed: 2 answers; its log is not whole (cancelled)",
    );
  });
});
