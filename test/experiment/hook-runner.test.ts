import { describe, expect, it } from "vitest";
import { callHook, HOOK_LIMIT_MS } from "#src/experiment/hook-runner";
import { err, ok } from "#src/kernel/result";
import { manualClock } from "#src/testing/manual-clock";
import { never } from "../support.ts";

describe("a hook", () => {
  it("answers with what it returns, sync or async, and leaves no timer behind", async () => {
    const clock = manualClock();
    expect(await callHook(() => "skip", clock)).toEqual(ok("skip"));
    expect(await callHook(async () => "retry", clock)).toEqual(ok("retry"));
    expect(await callHook(() => undefined, clock)).toEqual(ok(undefined));
    expect(clock.pending).toBe(0);
  });

  it.each([
    [new Error("it broke"), "it broke"],
    ["text", '"text"'],
    [undefined, "undefined"],
  ])("that throws or rejects with %o ends as a sentence", async (thrown, sentence) => {
    const clock = manualClock();
    const throws = () => {
      throw thrown;
    };
    expect(await callHook(throws, clock)).toEqual(err(sentence));
    expect(await callHook(() => Promise.reject(thrown), clock)).toEqual(err(sentence));
    expect(clock.pending).toBe(0);
  });

  it("that takes too long is given up, at its limit and not before", async () => {
    const clock = manualClock();
    const results: unknown[] = [];
    void callHook(never, clock, 100).then((result) => results.push(result));
    await clock.advance(99);
    expect(results).toEqual([]);
    await clock.advance(1);
    expect(results).toEqual([err("took longer than 100 ms")]);
  });

  it("has half a minute by default, and its late answer changes nothing", async () => {
    const clock = manualClock();
    const results: unknown[] = [];
    const late = new Promise<string>((resolve) => clock.setTimeout(() => resolve("late"), HOOK_LIMIT_MS + 1));
    void callHook(() => late, clock).then((result) => results.push(result));
    await clock.drain();
    expect(results).toEqual([err("took longer than 30000 ms")]);
  });
});
