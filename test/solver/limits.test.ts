import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ScriptedBackend, scripted } from "#src/backends/scripted";
import {
  chain,
  fork,
  generate,
  generateWith,
  join,
  type Solver,
  type Steps,
  selfCritique,
  TaskState,
  vote,
} from "#src/solver/index";

const start = TaskState.from({ id: "q", input: "2 + 2?" });
/** 7 tokens and a cent a call. */
const paid = () =>
  scripted(() => ({ content: "ANSWER: 4", usage: { promptTokens: 5, completionTokens: 2 }, cost: 0.01 }));
const runWith = async (
  solve: Solver,
  limits: Parameters<TaskState["setLimits"]>[0],
  backend: ScriptedBackend = paid(),
) => {
  const state = await solve(start.setLimits(limits), generateWith(backend));
  return { state, calls: backend.requests.length };
};

describe("limits over branches", () => {
  it.each([
    ["vote", vote(generate(), { n: 5 })],
    ["vote of votes", vote([vote(generate(), { n: 3 }), vote(generate(), { n: 3 })])],
    ["votes one after the other", chain(vote(generate(), { n: 2 }), vote(generate(), { n: 3 }))],
    ["vote with a critique in each way", vote(chain(generate(), selfCritique()), { n: 3 })],
  ])("end a %s at the call that passes them, whoever made it", async (_, solve) => {
    const { state, calls } = await runWith(solve, { tokenLimit: 20 });
    expect(calls).toBe(3);
    expect(state).toMatchObject({
      completed: true,
      limit: { type: "token", limit: 20, value: 21 },
      usage: { totalTokens: 21 },
      output: { content: "ANSWER: 4" },
    });
  });

  it("hold for money too", async () => {
    const { state, calls } = await runWith(vote(generate(), { n: 15 }), { costLimit: 0.02 });
    expect(calls).toBe(3);
    expect(state).toMatchObject({ limit: { type: "cost", limit: 0.02 }, cost: expect.closeTo(0.03) });
  });

  it("let branches go at once where there is room, and forget nothing that was paid", async () => {
    let open = 0;
    let most = 0;
    const backend = paid();
    const callModel = generateWith({
      name: "slow",
      generate: async (...request) => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        return backend.generate(...request);
      },
    });
    const state = await vote(generate(), { n: 9 })(start.setLimits({ tokenLimit: 1000 }), callModel);
    expect(most).toBe(8); // all but the first, whose price nobody knew
    expect(state).toMatchObject({ limit: undefined, completed: false, usage: { totalTokens: 63 } });
  });

  it("are passed by one call at most, in any tree of branches", async () => {
    const tree = fc.letrec<{ steps: Steps }>((tie) => ({
      steps: fc.oneof(
        { maxDepth: 3 },
        fc.constant(generate() as Steps),
        fc.array(tie("steps"), { minLength: 1, maxLength: 3 }),
        fc.array(tie("steps"), { minLength: 1, maxLength: 3 }).map((ways) => vote(ways) as Steps),
      ),
    })).steps;
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 0, max: 60 }), async (steps, tokenLimit) => {
        const free = await runWith(chain(steps), {});
        const { state, calls } = await runWith(chain(steps), { tokenLimit });
        expect(calls).toBe(Math.min(free.calls, Math.floor(tokenLimit / 7) + 1));
        expect(state.usage?.totalTokens).toBe(calls * 7);
        const passed = calls * 7 > tokenLimit;
        expect(state.limit).toEqual(passed ? { type: "token", limit: tokenLimit, value: calls * 7 } : undefined);
        expect(state.completed).toBe(passed);
      }),
    );
  });

  it("are the conversation's own for messages; a branch that reached one ends the sample", async () => {
    const talk = (words: number): Steps => Array.from({ length: words }, () => generate());
    const { state } = await runWith(vote([talk(1), talk(3), talk(1)]), { messageLimit: 3 });
    expect(state).toMatchObject({ completed: true, limit: { type: "message", limit: 3 } });
    expect((await runWith(vote([talk(2), talk(2)]), { messageLimit: 3 })).state.limit).toBeUndefined();
  });

  it("remember what dropped branches spent, where the work began with shared limits", async () => {
    const drop: Solver = async (state, callModel) => {
      await fork(state, [generate(), generate()], callModel);
      return state;
    };
    const backend = paid();
    const shared = start.setLimits({ tokenLimit: 20 }).sharingLimits();
    const state = await chain(drop, generate(), generate())(shared, generateWith(backend));
    expect(backend.requests).toHaveLength(3);
    expect(state.limit).toEqual({ type: "token", limit: 20, value: 21 });
  });

  it("continue with the next branch when a call fails", async () => {
    const backend = scripted([new Error("no"), "4", "4"]);
    await expect(
      vote(generate(), { n: 3 })(start.setLimits({ tokenLimit: 1000 }), generateWith(backend)),
    ).rejects.toThrow("no");
    expect(backend.requests).toHaveLength(3);
  });

  it("wake no branch for a call after an abort", async () => {
    const controller = new AbortController();
    let calls = 0;
    const callModel = generateWith(
      {
        name: "stopping",
        generate: () => {
          calls += 1;
          controller.abort(new Error("stopped"));
          return Promise.reject(controller.signal.reason);
        },
      },
      { signal: controller.signal },
    );
    await expect(vote(generate(), { n: 3 })(start.setLimits({ tokenLimit: 9 }), callModel)).rejects.toThrow("stopped");
    expect(calls).toBe(1);
  });

  it("keep their count when a user joins branches", async () => {
    const callModel = generateWith(paid());
    const trunk = await generate()(start.setLimits({ tokenLimit: 100 }), callModel);
    const branches = await fork(trunk, [generate(), generate()], callModel);
    expect(join(trunk, branches[1]!, branches)).toMatchObject({
      branch: "",
      usage: { totalTokens: 21 },
      cost: expect.closeTo(0.03),
    });
  });
});

describe("invalid limits", () => {
  it.each([
    { messageLimit: -1 },
    { messageLimit: 1.5 },
    { tokenLimit: Number.NaN },
    { tokenLimit: -7 },
    { costLimit: -0.1 },
    { costLimit: Number.POSITIVE_INFINITY },
  ])("are refused wherever they are set: %o", (limits) => {
    const [name] = Object.keys(limits);
    expect(() => start.setLimits(limits)).toThrow(`${name} must be an`);
    expect(() => start.with(limits)).toThrow(`${name} must be an`);
    expect(() => TaskState.from({ input: "x", ...limits })).toThrow(`${name} must be an`);
  });

  it("are told from those that are passed already, which end the work at once", () => {
    const spent = start.spend({ usage: { promptTokens: 5, completionTokens: 5, totalTokens: 10 } });
    expect(spent.setLimits({ tokenLimit: 9 })).toMatchObject({
      completed: true,
      limit: { type: "token", limit: 9, value: 10 },
    });
    expect(spent.setLimits({ tokenLimit: 10, messageLimit: 1 })).toMatchObject({ completed: false, limit: undefined });
    expect(spent.setLimits({ messageLimit: 0 }).limit).toEqual({ type: "message", limit: 0, value: 1 });
  });
});
