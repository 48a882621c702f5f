import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backendOf } from "#src/backends/backend";
import { limited } from "#src/backends/limited";
import { defineExperiment } from "#src/experiment/define";
import { executeAttempt } from "#src/experiment/execute";
import { FailureError } from "#src/kernel/failure";
import { current, type Quota, take, waitForQuota } from "#src/policy/quota";
import { exact } from "#src/scoring/exact";
import { generate } from "#src/solver/generate";
import { manualClock } from "#src/testing/manual-clock";

const ask = [{ role: "user", content: "?" }] as const;

describe("a quota", () => {
  it("never lets any minute hold more requests or tokens than allowed", () => {
    const limits = { requestsPerMinute: 5, tokensPerMinute: 100 };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1, max: 100 })), { maxLength: 40 }),
        (demands) => {
          let quota: Quota = [];
          let nowMs = 0;
          const all: { atMs: number; tokens: number }[] = [];
          for (const [pause, tokens] of demands) {
            nowMs += pause;
            nowMs += waitForQuota(quota, nowMs, tokens, limits);
            all.push({ atMs: nowMs, tokens });
            quota = take(quota, all.at(-1)!);
          }
          for (const { atMs } of all) {
            const window = all.filter((each) => each.atMs > atMs - 60_000 && each.atMs <= atMs);
            expect(window.length).toBeLessThanOrEqual(5);
            expect(window.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(100);
          }
          expect(current(quota, nowMs).length).toBeLessThanOrEqual(5); // and it forgets
        },
      ),
      { seed: 8 },
    );
  });

  it("lets a request larger than itself through when nothing else is there", () => {
    expect(waitForQuota([], 0, 1000, { tokensPerMinute: 10 })).toBe(0);
    expect(waitForQuota([{ atMs: 0, tokens: 5 }], 10_000, 1000, { tokensPerMinute: 10 })).toBe(50_000);
  });
});

describe("a limited backend", () => {
  const world = (reply: () => Promise<{ content: string; usage?: { totalTokens: number } }>, limits: object) => {
    const clock = manualClock();
    const sentMs: number[] = [];
    const backend = backendOf("model", async () => {
      sentMs.push(clock.now());
      return reply();
    });
    return { clock, sentMs, backend: limited(backend, { clock, ...limits }) };
  };

  it("sends calls in order, no more than its requests a minute", async () => {
    const { clock, sentMs, backend } = world(async () => ({ content: "ok" }), { requestsPerMinute: 2 });
    const calls = Promise.all(Array.from({ length: 5 }, () => backend.generate(ask)));
    await clock.drain();
    await calls;
    expect(sentMs).toEqual([0, 0, 60_000, 60_000, 120_000]);
  });

  it("reserves an estimate, and settles it with what was used", async () => {
    const { clock, sentMs, backend } = world(async () => ({ content: "ok", usage: { totalTokens: 10 } }), {
      tokensPerMinute: 100,
      estimate: () => 60,
    });
    await backend.generate(ask); // reserved 60, used 10
    await backend.generate(ask); // 10 + 60 fit
    const third = backend.generate(ask); // 20 + 60 fit
    await clock.drain();
    await third;
    expect(sentMs).toEqual([0, 0, 0]);
  });

  it("holds everybody back for as long as a refusal says, and lets a cancelled call go at once", async () => {
    let refused = false;
    const { clock, sentMs, backend } = world(async () => {
      if (refused) return { content: "ok" };
      refused = true;
      throw new FailureError("rate_limited", "slow down", { status: 429, retryAfterMs: 7000 });
    }, {});
    await expect(backend.generate(ask)).rejects.toThrow("slow down");
    const abort = new AbortController();
    const cancelled = backend.generate(ask, {}, { signal: abort.signal });
    const waiting = backend.generate(ask);
    await clock.advance(1000);
    abort.abort(new Error("no longer wanted"));
    await expect(cancelled).rejects.toThrow("no longer wanted");
    await clock.drain();
    await waiting;
    expect(sentMs).toEqual([0, 7000]);
  });

  it("is not held back by a service that asks for longer than maxHoldMs", async () => {
    const asks = (retryAfterMs: number) => {
      let refused = false;
      return async () => {
        if (refused) return { content: "ok" };
        refused = true;
        throw new FailureError("rate_limited", "slow down", { status: 429, retryAfterMs });
      };
    };
    for (const [retryAfterMs, secondMs] of [
      [5000, 5000],
      [5001, 0],
      [9_999_999_999_000, 0],
    ] as const) {
      const { clock, sentMs, backend } = world(asks(retryAfterMs), { maxHoldMs: 5000 });
      await expect(backend.generate(ask)).rejects.toThrow("slow down");
      const second = backend.generate(ask);
      await clock.drain();
      await second;
      expect(sentMs).toEqual([0, secondMs]);
    }
    expect(() => world(asks(0), { maxHoldMs: -1 })).toThrow(
      "limited.maxHoldMs must be milliseconds of at least 0, got -1",
    );
  });

  it("does not use up the timeout of a task that waits for its turn", async () => {
    const clock = manualClock();
    const model = backendOf("model", async () => ({ content: "4" }));
    const experiment = defineExperiment({
      name: "waits",
      dataset: [{ id: "a", input: "2 + 2?", target: "4" }],
      conditions: [
        { name: "c", solver: generate(), scorers: [exact()], backend: limited(model, { requestsPerMinute: 1, clock }) },
      ],
      metrics: ["accuracy"],
      config: { timeoutMs: 1000 },
    });
    const attempt = () =>
      executeAttempt(
        experiment,
        experiment.conditions[0]!,
        { ordinal: 0, condition: "c", item: { id: "a", row: { input: "2 + 2?", target: "4" } }, repeat: 0 },
        1,
        { clock, worker: "test", log: () => {} },
      ).result;
    const both = Promise.all([attempt(), attempt()]);
    await clock.drain();
    const results = await both;
    expect(results.map(({ result }) => result.ok && result.value.answer?.output?.content)).toEqual(["4", "4"]);
    expect(results[1]!.elapsedMs).toBeGreaterThan(1000);
    expect(results[1]!.result).toMatchObject({ value: { metrics: { latency: 0 } } }); // waiting is not latency either
  });
});
