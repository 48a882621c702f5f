import { scripted } from "crucible-harness/backends";
import { exact, scored } from "crucible-harness/scoring";
import { TaskState, tool } from "crucible-harness/solver";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { damagedText } from "#src/faults/damage";
import { faultLevels } from "#src/faults/level";
import { addMet, isOfLevel, TaskFaults } from "#src/faults/task-faults";
import { stream } from "#src/kernel/random";
import { manualClock } from "#src/testing/manual-clock";
import { runs } from "../runs.ts";

const clock = manualClock();
type Rule = Parameters<typeof faultLevels.parse>[0] extends never ? never : Record<string, unknown>;
const faultsOf = (
  rules: Rule[],
  more: Partial<{ itemId: string; repeat: number; attempt: number; level: string }> = {},
) => {
  const { level = "bad", ...attempt } = more;
  const parsed = faultLevels.parse({ [level]: rules })[level]!;
  return new TaskFaults({
    faults: { level, of: "a", rules: parsed },
    seed: 7,
    itemId: "q1",
    repeat: 0,
    attempt: 1,
    clock,
    ...attempt,
  });
};
const search = tool({ name: "search", parameters: z.object({}), execute: () => ({ people: 1234, town: "Oslo" }) });
const submit = tool({ name: "submit", parameters: z.object({}), execute: () => "done", ends: true });
const state = TaskState.from({ id: "q1", input: "where?", target: "here" });
const ask = async (faults: TaskFaults, one = search) =>
  (await faults.tool(one).run({ id: "1", name: one.name, arguments: {} }, { toolCallId: "1", state })).content;

describe("faults of a task", () => {
  it("are the same whenever they are drawn: nothing but seed, level, item, repeat, attempt and call decides", async () => {
    const rules = [{ target: "tool:search", fault: "error", probability: 0.5 }];
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.nat(5), fc.nat(5), async (itemId, repeat, attempt) => {
        const about = { itemId, repeat, attempt: attempt + 1 };
        const one = faultsOf(rules, about);
        const drawn: string[] = [];
        for (let call = 0; call < 5; call++) drawn.push(await ask(one));
        await ask(faultsOf(rules, { ...about, itemId: `${itemId}!` })); // another item draws from a stream of its own
        const again = faultsOf(rules, about);
        for (const content of drawn) expect(await ask(again)).toBe(content);
        expect(again.met()).toEqual(one.met());
      }),
      { numRuns: runs(30) },
    );
  });

  it("strike about as often as their probability says", async () => {
    let struck = 0;
    for (let item = 0; item < 400; item++) {
      const faults = faultsOf([{ target: "tool:search", fault: "error", probability: 0.3 }], { itemId: `q${item}` });
      if ((await ask(faults)) !== '{"people":1234,"town":"Oslo"}') struck += 1;
    }
    expect(struck).toBeGreaterThan(85); // 120 expected, sd 9.2
    expect(struck).toBeLessThan(155);
  });

  it.each([
    [{ fault: "error" }, "Error: 503 Service Unavailable"],
    [{ fault: "error", status: 404 }, "Error: 404 Not Found"],
    [{ fault: "storm" }, "Error: 429 Too Many Requests"],
    [{ fault: "timeout", forMs: 0 }, "Error: timed out after 0 ms"],
    [{ fault: "truncate" }, '{"people":1234'],
    [{ fault: "truncate", keep: 0.25 }, '{"peopl'],
    [{ fault: "drop" }, ""],
    [{ fault: "drop", fields: ["people"] }, '{"town":"Oslo"}'],
    [{ fault: "corrupt", with: "No results." }, "No results."],
    [{ fault: "corrupt", fields: ["t*"], with: "Rome" }, '{"people":1234,"town":"Rome"}'],
    [{ fault: "duplicate" }, '{"people":1234,"town":"Oslo"}'],
    [{ fault: "delay", forMs: 0 }, '{"people":1234,"town":"Oslo"}'],
  ])("reach the model as a tool would tell them: %o", async (rule, content) => {
    const faults = faultsOf([{ target: "tool:search", ...rule }]);
    const asked = ask(faults);
    await clock.advance(0);
    expect(await asked).toBe(content);
    expect(faults.met()).toEqual([{ rule: 0, on: "tool:search", calls: 1, struck: 1 }]);
  });

  it.each([
    ["a field that no result has", { fault: "corrupt", fields: ["nope"] }, undefined],
    ["a field that one has and that stays", { fault: "truncate", fields: ["people"] }, 0],
    ["a text that keeps all of itself", { fault: "truncate", keep: 1 }, 0],
  ])("strike nothing where nothing is changed: %s", async (_, rule, met) => {
    const faults = faultsOf([{ target: "tool:search", ...rule }]);
    expect(await ask(faults)).toBe('{"people":1234,"town":"Oslo"}');
    const expected = [{ rule: 0, on: "tool:search", calls: 1, struck: met }];
    expect(faults.met()).toEqual(met === undefined ? undefined : expected);
    const reply = faultsOf([{ target: "backend", ...rule, fault: "corrupt", keep: undefined, with: "12 apples" }]);
    await reply.backend(scripted(["12 apples"]), () => {}).generate([]);
    expect(reply.met()?.[0]?.struck ?? 0).toBe(0);
    const row = faultsOf([{ target: "rows:n", fault: "truncate" }]);
    expect(row.row({ n: 5 }, true)).toEqual({ n: 5 });
    expect(row.met()).toEqual([{ rule: 0, on: "rows:n", calls: 1, struck: 0 }]);
  });

  it("lie in numbers of as many digits, and never say what is right", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.string(), (number, name) => {
        const lie = damagedText(JSON.stringify({ number }), { fault: "corrupt" }, stream(1, name));
        const { number: told } = JSON.parse(lie) as { number: number };
        expect(told).not.toBe(number);
        expect(String(told)).toHaveLength(String(number).length);
      }),
      { numRuns: runs(100) },
    );
    expect(damagedText("Paris", { fault: "corrupt" }, stream(1))).not.toBe("Paris");
    expect(damagedText("yes", { fault: "drop", fields: ["a"] }, stream(1))).toBe("yes");
  });

  it("leave the tool that hands in the answer alone, unless it is named", async () => {
    expect(await ask(faultsOf([{ target: "tool", fault: "error" }]), submit)).toBe("done");
    expect(await ask(faultsOf([{ target: "tool:submit", fault: "error" }]), submit)).toContain("503");
  });

  it("strike at the call that is named, at most so many times, and in the first attempts alone", async () => {
    const calls = async (rule: object, attempt = 1) => {
      const faults = faultsOf([{ target: "tool:search", fault: "drop", ...rule }], { attempt });
      const all: boolean[] = [];
      for (let call = 0; call < 4; call++) all.push((await ask(faults)) === "");
      return all;
    };
    expect(await calls({ at: [2, 4] })).toEqual([false, true, false, true]);
    expect(await calls({ times: 1 })).toEqual([true, false, false, false]);
    const refusing = async (attempt: number) => {
      const faults = faultsOf([{ target: "backend", fault: "storm", retryAfterMs: 5 }], { attempt });
      const call = faults.backend(scripted(["a"]), () => {}).generate([]);
      return call.then(
        ({ content }) => content,
        ({ failure }) => failure,
      );
    };
    const refused = { kind: "rate_limited", status: 429, retryAfterMs: 5 };
    expect([await refusing(1), await refusing(2), await refusing(3)]).toMatchObject([refused, refused, "a"]);
  });

  it("meet model calls: what is lost was paid for, and what fails says that it was to order", async () => {
    const paid: string[] = [];
    const call = (rule: object, script: Parameters<typeof scripted>[0] = ["12 apples"]) =>
      faultsOf([{ target: "backend:scripted", ...rule }])
        .backend(scripted(script), ({ content }) => void paid.push(content))
        .generate([]);
    await expect(call({ fault: "drop" })).rejects.toThrow("the answer was lost (fault of level bad)");
    expect(paid).toEqual(["12 apples"]);
    const failed = await call({ fault: "error", status: 500 }).catch(({ failure }) => failure);
    expect([failed.kind, isOfLevel(failed)]).toEqual(["server_error", true]);
    expect(await call({ fault: "truncate" })).toMatchObject({ content: "12 a", finishReason: "length" });
    expect((await call({ fault: "corrupt" })).content).toMatch(/^(?!12)\d\d apples$/);
    expect(await call({ fault: "duplicate" }, ["a", "b"])).toMatchObject({ content: "a", calls: 2 });
    const toolCalls = [{ id: "1", name: "search", arguments: { page: 7 } }];
    const lied = await call({ fault: "corrupt" }, [{ content: "", toolCalls }]);
    expect(lied.toolCalls[0]!.arguments.page).not.toBe(7);
  });

  it("meet scorers: a score is lost, or turned round", async () => {
    const right = state.with({ output: { content: "here", finishReason: "stop", toolCalls: [] } });
    const score = (rule: object, one = exact()) =>
      faultsOf([{ target: "scorer:exact", ...rule }]).scorer(
        "exact",
        one,
        () => new AbortController().signal,
      )(right, ["here"]);
    expect(await score({ fault: "corrupt" })).toMatchObject({ value: 0 });
    expect(await score({ fault: "drop" })).toMatchObject({ value: null, unscored: expect.stringContaining("lost") });
    expect(await score({ fault: "corrupt" }, () => scored(7))).toMatchObject({ value: null });
    await expect(score({ fault: "error" })).rejects.toThrow("503 Service Unavailable from the scorer exact");
  });

  it("damage fields of rows, the same in every attempt, and never the row itself", () => {
    const row = { input: "What is 12?", notes: { page: "34" }, list: [1, 2, 3, 4] };
    const rules = [
      { target: "rows:input", fault: "corrupt" },
      { target: "rows:notes.page", fault: "drop" },
      { target: "rows:list", fault: "truncate" },
    ];
    const damaged = faultsOf(rules).row(row, true);
    expect(damaged).toMatchObject({ notes: {}, list: [1, 2] });
    expect((damaged as typeof row).input).toMatch(/^What is (?!12)\d\d\?$/);
    expect(faultsOf(rules, { attempt: 2 }).row(row, true)).toEqual(damaged);
    expect(row).toEqual({ input: "What is 12?", notes: { page: "34" }, list: [1, 2, 3, 4] });
  });

  it("are summed over attempts", () => {
    const one = { rule: 0, on: "tool:search", calls: 2, struck: 1 };
    expect(addMet([one], [one, { ...one, rule: 1 }])).toEqual([
      { ...one, calls: 4, struck: 2 },
      { ...one, rule: 1 },
    ]);
    expect(addMet(undefined, undefined)).toBeUndefined();
  });
});
