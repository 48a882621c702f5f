import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineExperiment, memoryStore, resume, run, start } from "crucible-harness";
import { openaiCompatible } from "crucible-harness/backends";
import { match } from "crucible-harness/scoring";
import { generate } from "crucible-harness/solver";
import { afterEach, describe, expect, it } from "vitest";
import { completion, type Said, type Served, serve } from "./serve.ts";

let server: Served | undefined;
afterEach(() => server?.close());

const questions = (items: number) =>
  Array.from({ length: items }, (_, i) => ({ id: `q${i}`, question: `${i} + 0?`, answer: String(i) }));

async function experimentOn(
  answer: (request: Record<string, unknown>, number: number) => Said,
  items = 1,
  config = {},
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
      },
    ],
    metrics: ["accuracy"],
    config: { maxParallel: 1, ...config },
  });
}

const answered = (request: Record<string, unknown>): Said =>
  completion({ content: /(\d+) \+/.exec((request.messages as { content: string }[])[0]!.content)![1]! });

describe("a run whose provider has no more credit", () => {
  it("ends at once, says why, and goes on where it stopped when somebody has paid", async () => {
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
