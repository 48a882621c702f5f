import { describe, expect, it } from "vitest";
import { planOrder, planToChain, type StepMeta, TaskState } from "#src/solver/index";

const state = TaskState.from({ id: "s1", input: "Explain recursion." });
const silent = () => ({ content: "" });
const plan = {
  id: "qa",
  steps: {
    score: { dependsOn: ["generate", "rubric"] },
    generate: { dependsOn: "prepare" },
    rubric: {},
    prepare: { id: "p-1" },
  },
};

describe("planToChain", () => {
  it("does every step after those it depends on, ties by name", async () => {
    const order: string[] = [];
    await planToChain(plan, {
      stepRunner: (at, step, meta) => {
        expect(step).toBe(plan.steps[meta.name as keyof typeof plan.steps]);
        order.push(meta.name);
        return at;
      },
    })(state, silent);
    expect(order).toEqual(["prepare", "generate", "rubric", "score"]);
    expect(planOrder({ steps: { b: {}, a: {}, c: { dependsOn: "b" } } })).toEqual(["a", "b", "c"]);
  });

  it("tells each step where it stands and what it belongs to", async () => {
    const metas: StepMeta[] = [];
    const stepRunner = (at: TaskState, _: unknown, meta: StepMeta) => {
      metas.push(meta);
      return at.put(meta.name, true);
    };
    const result = await planToChain(plan, {
      stepRunner,
      planContext: { tenant: 1 },
      lineage: { traceId: "t", workId: "w" },
    })(state, silent);
    expect(metas[0]).toEqual({
      traceId: "t",
      workId: "w",
      planId: "qa",
      stepId: "p-1",
      name: "prepare",
      dependsOn: [],
      planContext: { tenant: 1 },
    });
    expect(metas[3]).toMatchObject({ stepId: "score", dependsOn: ["generate", "rubric"] });
    expect(Object.keys(result.store)).toEqual(["prepare", "generate", "rubric", "score"]);
  });

  it("stops where a step fails or completes the state", async () => {
    const stepRunner = (at: TaskState, _: unknown, { name }: StepMeta) =>
      name === "generate" ? at.complete() : at.put(name, true);
    expect((await planToChain(plan, { stepRunner })(state, silent)).store).toEqual({ prepare: true });
    const failing = planToChain(plan, { stepRunner: () => Promise.reject(new Error("no")) });
    await expect(failing(state, silent)).rejects.toThrow("no");
  });

  it.each([
    [{}, "at least one step"],
    [{ a: { dependsOn: "prepair" }, prepare: {} }, /plan\.steps\.a\.dependsOn names "prepair".*Did you mean "prepare"/],
    [
      { a: { dependsOn: "c" }, b: { dependsOn: "a" }, c: { dependsOn: "b" }, d: {}, e: { dependsOn: "a" } },
      "in a ring: a -> c -> b -> a",
    ],
    [{ a: { dependsOn: "a" } }, "in a ring: a -> a"],
  ])("refuses %j before anything runs", (steps, message) => {
    expect(() => planToChain({ steps }, { stepRunner: (at) => at })).toThrow(message);
  });

  it("refuses a step that returns no state", async () => {
    await expect(planToChain(plan, { stepRunner: () => ({}) as TaskState })(state, silent)).rejects.toThrow(
      'step "prepare" must return a TaskState',
    );
  });
});
