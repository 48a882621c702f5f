import { describe, expect, it } from "vitest";
import type { RecordedFact } from "#src/app/observe/recorder";
import type { CallSpan } from "#src/experiment/calls";
import type { Outcome } from "#src/experiment/outcome";
import { stepsOf, timeline } from "#src/viewer/timeline";
import { outcome } from "../reports/manifest.ts";

const error = { kind: "server_error", message: "HTTP <500>" } as const;
const of = (more: Partial<Outcome>): Outcome => outcome({ condition: "a", itemId: "i", ...more });
const fact = (t: number, more: object): RecordedFact => ({ t, ordinal: 0, ...more }) as RecordedFact;
const said = (task: Outcome, facts: RecordedFact[] = []) =>
  stepsOf(task, facts).map(({ what, from, to }) => `${from}-${to} ${what}`);

/** Two attempts at answering, then two at scoring. */
const twoStages = of({
  attempts: 3,
  startedAt: 400,
  elapsedMs: 150,
  retryDelaysMs: [100, 50],
  errorHistory: [
    { attempt: 1, error, at: 300 },
    { attempt: 2, error, at: 650, stage: "scoring" },
  ],
  scoring: { attempts: 2, startedAt: 700, elapsedMs: 50 },
});
const recorded = [
  fact(100, { type: "task.started", attempt: 1 }),
  fact(400, { type: "task.started", attempt: 2 }),
  fact(450, { type: "task.logged", message: "half way" }),
  fact(600, { type: "task.started", attempt: 2, stage: "scoring" }),
];

describe("the timeline of a task", () => {
  it("has attempts at both stages, the waits between them and what was logged, in their order", () => {
    expect(said(twoStages, recorded)).toEqual([
      "100-300 attempt 1 failed",
      "300-400 waits",
      "400-500 answers",
      "450-450 logs",
      "500-600 waits",
      "600-650 attempt 2 at scoring failed",
      "650-700 waits",
      "700-750 is scored",
    ]);
  });

  it("knows ends and lengths from the row alone where nothing was recorded, and starts of failed attempts not", () => {
    expect(said(twoStages)).toEqual([
      "300-300 attempt 1 failed",
      "300-400 waits",
      "400-500 answers",
      "500-650 waits",
      "650-650 attempt 2 at scoring failed",
      "650-700 waits",
      "700-750 is scored",
    ]);
  });

  it("has the calls of an attempt within it, in the order of their starts, with what it logged between them", () => {
    const call = (
      kind: CallSpan["kind"],
      name: string,
      startedMs: number,
      elapsedMs: number,
      failed?: true,
    ): CallSpan => ({
      kind,
      name,
      startedMs,
      elapsedMs,
      ...(failed && { failed }),
    });
    const task: Outcome = {
      ...twoStages,
      calls: {
        spans: [call("model", "gpt<5>", 0, 40), call("tool", "search", 40, 20, true), call("model", "gpt<5>", 60, 1e9)],
        leftOut: 12,
      },
      scoring: { ...twoStages.scoring!, calls: { spans: [call("scorer", "exact", -5, 50)] } },
    };
    expect(said(task, recorded).slice(2)).toEqual([
      "400-500 answers",
      "400-440 model gpt<5>",
      "440-460 tool search",
      "450-450 logs",
      "460-500 model gpt<5>", // never beyond its attempt, whatever a row says
      "500-600 waits",
      "600-650 attempt 2 at scoring failed",
      "650-700 waits",
      "700-750 is scored",
      "700-745 scorer exact",
    ]);
    const { text } = timeline(stepsOf(task, recorded))!;
    expect(text).toMatch(/class="inner" dir="auto">model gpt&lt;5&gt;<.*<rect class="model".*<rect class="failed"/s);
    expect(text).toContain("12 more calls of which no time was kept");
  });

  it("ends with the attempt that failed for good, and is left out where there is one step only", () => {
    const lost = of({
      finalStatus: "failed_retries_exhausted",
      error,
      attempts: 1,
      errorHistory: [{ attempt: 1, error, at: 300 }],
    });
    expect(said(lost)).toEqual(["300-300 attempt 1 failed"]);
    expect(timeline(stepsOf(lost, []))).toBeUndefined();
    expect(timeline(stepsOf(twoStages, recorded))!.text).toMatch(/>200 ms<.*HTTP &lt;500&gt;; again in 100 ms/s);
  });
});
