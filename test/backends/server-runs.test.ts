import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineExperiment, memoryStore, resume, run, start } from "crucible-harness";
import { openaiCompatible } from "crucible-harness/backends";
import { match } from "crucible-harness/scoring";
import { generate } from "crucible-harness/solver";
import { afterEach, describe, expect, it } from "vitest";
import { exportRun } from "#src/app/results/export";
import { completion, type Said, type Served, serve } from "./serve.ts";

let server: Served | undefined;
afterEach(() => server?.close());

const questions = (items: number) =>
  Array.from({ length: items }, (_, i) => ({ id: `q${i}`, question: `${i} + 0?`, answer: String(i) }));

async function experimentOn(
  answer: (request: Record<string, unknown>, number: number) => Said,
  items = 1,
  config = {},
  condition = {},
) {
  server = await serve(answer);
  return defineExperiment({
    name: "servers",
    dataset: questions(items),
    conditions: [
      {
        name: "model",
        solver: generate(),
        scorers: [match()],
        backend: openaiCompatible({ baseURL: server.baseURL, model: "m" }),
        ...condition,
      },
    ],
    metrics: ["accuracy"],
    config: { maxParallel: 1, ...config },
  });
}

const answered = (request: Record<string, unknown>): Said =>
  completion({ content: /(\d+) \+/.exec((request.messages as { content: string }[])[0]!.content)![1]! });

describe("a run whose provider has no more credit", () => {
  it("ends at once, says why, and continues where it stopped when somebody has paid", async () => {
    let paid = false;
    const spent: Said = {
      status: 429,
      body: { error: { message: "You exceeded your current quota", code: "insufficient_quota" } },
    };
    const experiment = await experimentOn((request, n) => (n < 2 || paid ? answered(request) : spent), 6);
    const checkpointDir = mkdtempSync(join(tmpdir(), "crucible-"));
    try {
      const first = await run(experiment, { checkpointDir, formats: [] });
      expect(first.status).toBe("aborted");
      expect(first.reason).toMatch(
        /^the provider's quota is spent, at model.q\d.*: HTTP 429: You exceeded your current quota\. .*resume/,
      );
      expect(first.accounting).toEqual({ planned: 6, succeeded: 2, failed: 0, skipped: 0, unscored: 0, pending: 4 });
      const asked = server!.requests.length;
      expect(asked).toBeLessThanOrEqual(4); // one more may have begun before the first refusal was heard
      paid = true;
      const second = await resume(first.experimentId, { checkpointDir, formats: [], experiment });
      expect(second).toMatchObject({ status: "completed", accounting: { succeeded: 6, pending: 0 } });
      expect(server!.requests).toHaveLength(asked + 4);
    } finally {
      rmSync(checkpointDir, { recursive: true, force: true });
    }
  });
});

describe("a run whose server asks to wait for years", () => {
  it("fails the task with a sentence that names what was asked", async () => {
    const epoch = Math.floor(Date.now() / 1000) + 57 * 365 * 86_400;
    const experiment = await experimentOn(() => ({
      status: 429,
      headers: { "retry-after": String(epoch) },
      body: { error: { message: "slow" } },
    }));
    const { results } = await run(experiment, { store: () => memoryStore(), formats: [] });
    expect(results[0]).toMatchObject({ finalStatus: "failed_permanent", attempts: 1 });
    expect(results[0]!.errorHistory[0]!.error.message).toBe(
      "HTTP 429: slow; the server asks to wait 57 years, longer than maxRetryAfterMs (15 minutes)",
    );
  });

  it("waits for a time that is near, in whatever form", async () => {
    const near = () => String(Math.floor(Date.now() / 1000) + 1);
    const experiment = await experimentOn((request, n) =>
      n === 0
        ? { status: 429, headers: { "retry-after": near() }, body: { error: { message: "slow" } } }
        : answered(request),
    );
    const handle = start(experiment, { store: () => memoryStore(), formats: [] });
    expect((await handle.done).results[0]).toMatchObject({ finalStatus: "success", attempts: 2 });
  });
});

describe("a run whose replies do not all come to their end", () => {
  const ended = (finish_reason: string, content: string) => completion({ content, reasoning: "hm" }, { finish_reason });
  const mixed = (request: Record<string, unknown>): Said => {
    const n = Number(/(\d+) \+/.exec((request.messages as { content: string }[])[0]!.content)![1]!);
    return [ended("stop", "0"), ended("length", "1"), ended("RECITATION", "2"), ended("MALFORMED_FUNCTION_CALL", "3")][
      n
    ]!;
  };

  it("keeps why each ended and what was thought, in results and every export", async () => {
    const folder = mkdtempSync(join(tmpdir(), "crucible-"));
    try {
      const report = await run(await experimentOn(mixed, 4), {
        checkpointDir: folder,
        outputDir: folder,
        formats: ["markdown", "html", "csv", "json"],
      });
      const outputs = [...report.results].sort((a, b) => (a.itemId < b.itemId ? -1 : 1)).map(({ output }) => output);
      expect(outputs).toMatchObject([
        { finishReason: "stop", reasoning: "hm" },
        { finishReason: "length", reasoning: "hm" },
        { finishReason: "content_filter", finishWord: "RECITATION", scores: { match: { value: null } } },
        { finishReason: "error", finishWord: "MALFORMED_FUNCTION_CALL", scores: { match: { value: null } } },
      ]);
      expect(report.accounting).toMatchObject({ succeeded: 2, unscored: 2 });
      for (const format of ["csv", "jsonl", "parquet"] as const) {
        const to = join(folder, `rows.${format}`);
        await exportRun(report.experimentId, { checkpointDir: folder, format, to });
        const text = readFileSync(to, "latin1");
        for (const word of ["finishReason", "content_filter", "RECITATION", "reasoning", "hm"])
          expect(text).toContain(word);
      }
      for (const path of Object.values(report.reports)) {
        const text = readFileSync(path, "utf8");
        for (const ending of ["cut off", "filtered", "broken off"])
          expect([path, text.replaceAll("-", " ").includes(ending)]).toEqual([path, true]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("scores what was cut off as it stands, or leaves it unscored where experiment or condition say so", async () => {
    const on = async (config: object, condition: object) => {
      await server?.close();
      const changed = await experimentOn(() => ended("length", "0"), 1, config, condition);
      const { results, analysis } = await run(changed, { store: () => memoryStore(), formats: [] });
      expect(analysis.replies).toMatchObject([{ ending: "cut off", counts: [{ tasks: 1, replies: 1 }] }]);
      return results[0]!.finalStatus;
    };
    expect(await on({}, {})).toBe("success");
    expect(await on({ truncated: "unscored" }, {})).toBe("unscored");
    expect(await on({}, { truncated: "unscored" })).toBe("unscored");
    expect(await on({ truncated: "unscored" }, { truncated: "score" })).toBe("success");
    expect(() =>
      defineExperiment({
        name: "x",
        dataset: [1],
        metrics: ["value"],
        conditions: [{ name: "a", run: () => 1, truncated: "score" }],
      }),
    ).toThrow(/^conditions\[0\]\.truncated is for conditions with a solver/);
  });
});
