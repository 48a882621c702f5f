import { describe, expect, it, vi } from "vitest";
import { scripted } from "#src/backends/scripted";
import { chain, generate, generateWith, planToChain, TaskState, userMessage, withFinish } from "#src/solver/index";

const state = TaskState.from({ id: "q", input: "?" });
const none = () => ({ content: "" });

describe("withFinish", () => {
  it("runs the end after the steps", async () => {
    const solve = withFinish([(at) => at.put("order", "steps")], {
      finish: (at) => at.put("order", `${at.store.order}, end`),
    });
    expect((await solve(state, none)).store.order).toBe("steps, end");
  });

  it("runs the end, a chain too, after a step or a limit completed the state, which then still is", async () => {
    const early = withFinish([(at) => at.complete(), () => expect.fail("a step after the last")], {
      finish: chain(userMessage("end")),
    });
    const done = await early(state, none);
    expect(done).toMatchObject({ completed: true, limit: undefined });
    expect(done.messages.at(-1)?.content).toBe("end");
    const limited = state.setLimits({ tokenLimit: 1 });
    const backend = scripted([
      { content: "a", usage: { promptTokens: 1, completionTokens: 1 } },
      { content: "b", usage: { promptTokens: 1, completionTokens: 1 } },
    ]);
    const after = await withFinish(generate(), { finish: generate() })(limited, generateWith(backend));
    expect(after).toMatchObject({
      completed: true,
      limit: { type: "token", limit: 1, value: 2 },
      output: { content: "b" },
    });
  });

  it("runs no end after a failure, but cleans up in any case, with the state of the last step that went well", async () => {
    const cleanup = vi.fn();
    const failing = withFinish(() => Promise.reject(new Error("no")), { finish: () => expect.fail("an end"), cleanup });
    await expect(failing(state, none)).rejects.toThrow("no");
    expect(cleanup).toHaveBeenCalledExactlyOnceWith(state);
  });

  it("continues where cleaning up fails, and says so", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const solve = withFinish([], { cleanup: () => Promise.reject(new Error("locked")) });
    expect(await solve(state, none)).toBe(state);
    expect(warn).toHaveBeenCalledExactlyOnceWith("cleanup failed: locked");
    warn.mockRestore();
  });

  it("is an option of plans", async () => {
    const solve = planToChain(
      { steps: { a: {} } },
      { stepRunner: (at) => at.complete(), finish: (at) => at.put("end", true) },
    );
    expect((await solve(state, none)).store).toEqual({ end: true });
  });
});
