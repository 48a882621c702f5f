import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "#src/kernel/errors";
import { money } from "#src/reports/cell";
import { draws } from "../runs.ts";
import { begin, finish, goOn, lastingStore, rowsOf, type Script, scripted, world } from "./harness.ts";

fc.configureGlobal({ seed: 42 });

const script: Script = (condition, item, repeat, attempt) => {
  const draw = [...`${condition}/${item}/${repeat}`].reduce(
    (sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997,
    7,
  );
  if (draw % 11 === 0) return "400";
  if (draw % 7 === 0 && attempt === 1) return "503";
  return draw % 3 === 0 ? "wrong" : "ok";
};

interface Size {
  readonly conditions: number;
  readonly ids: readonly string[];
  readonly repeat: number;
}

const idsOf = (n: number): string[] => Array.from({ length: n }, (_, i) => `i${i}`);
const experimentOf = (here: ReturnType<typeof world>, { conditions, ids, repeat }: Size, more: object = {}) =>
  scripted(here, script, {
    conditions,
    repeat,
    dataset: ids.map((id) => ({ id })),
    config: { errorHandling: { maxFailureRate: 1 } },
    ...more,
  });

/** A size, and a larger one: items are added at the end, or anywhere. */
const growing = fc
  .record({
    conditions: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(2)),
    items: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(5)),
    repeat: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.nat(2)),
    anywhere: fc.boolean(),
    reversed: fc.boolean(),
  })
  .map(({ conditions, items, repeat, anywhere, reversed }) => {
    const all = idsOf(items[0] + items[1]);
    const ids = anywhere ? all.slice(items[1]) : all.slice(0, items[0]);
    return [
      { conditions: conditions[0], ids, repeat: repeat[0] },
      {
        conditions: conditions[0] + conditions[1],
        ids: reversed ? [...all].reverse() : all,
        repeat: repeat[0] + repeat[1],
      },
    ] as const;
  });

describe("a run that grows", () => {
  it("does nothing twice, and has the rows and the analysis of a run that was planned so from the start", async () => {
    await fc.assert(
      fc.asyncProperty(growing, async ([small, large]) => {
        const here = world();
        const store = lastingStore();
        await finish(here, begin(here, experimentOf(here, small), store));
        const grown = await finish(here, goOn(here, experimentOf(here, large), store));
        const alone = world();
        const straight = lastingStore();
        const planned = await finish(alone, begin(alone, experimentOf(alone, large), straight));
        expect(await rowsOf(store)).toEqual(await rowsOf(straight));
        expect([...here.calls].sort()).toEqual([...alone.calls].sort());
        const { gates, accounting, analysis } = grown;
        expect({ gates, accounting, analysis }).toEqual({
          gates: planned.gates,
          accounting: planned.accounting,
          analysis: planned.analysis,
        });
        const tasks = ({ conditions, ids, repeat }: Size): number => conditions * ids.length * repeat;
        expect(grown.decided.growth).toEqual(
          tasks(small) === tasks(large)
            ? []
            : [
                expect.objectContaining({
                  ended: tasks(small),
                  before: expect.objectContaining({ tasks: tasks(small) }),
                }),
              ],
        );
        const calls = here.calls.length;
        await finish(here, goOn(here, experimentOf(here, large), store));
        expect(here.calls).toHaveLength(calls);
      }),
      draws(10, 16, 42),
    );
  });

  it("does so wherever it was stopped before", async () => {
    await fc.assert(
      fc.asyncProperty(growing, fc.nat(30), async ([small, large], stopAt) => {
        const here = world();
        const store = lastingStore();
        const handle = begin(
          here,
          experimentOf(here, small, { config: { maxParallel: 2, errorHandling: { maxFailureRate: 1 } } }),
          store,
        );
        await finish(here, handle, (step) => step === stopAt && handle.drain("enough"));
        const accept = { acceptChanged: ["dataset"] } as never; // which items a run has whose tasks never began is not stored
        await finish(here, goOn(here, experimentOf(here, large), store, accept));
        const alone = world();
        const straight = lastingStore();
        await finish(alone, begin(alone, experimentOf(alone, large), straight));
        expect(await rowsOf(store)).toEqual(await rowsOf(straight));
      }),
      draws(6, 10, 42),
    );
  });

  it("is called by its id, and is done where nothing is left to do", async () => {
    const here = world();
    const store = lastingStore();
    const small = experimentOf(here, { conditions: 2, ids: idsOf(4), repeat: 1 });
    const large = experimentOf(here, { conditions: 2, ids: idsOf(4), repeat: 3 });
    const first = await finish(here, begin(here, small, store, { id: "my-run" }));
    const again = await finish(here, begin(here, small, store, { id: "my-run" }));
    expect([first.experimentId, again.experimentId, again.accounting, here.calls.length]).toEqual([
      "my-run",
      "my-run",
      first.accounting,
      first.results.reduce((sum, { attempts }) => sum + attempts, 0),
    ]);
    const grown = await finish(here, begin(here, large, store, { id: "my-run" }));
    expect(grown.accounting).toMatchObject({ planned: 24, pending: 0 });
    const other = experimentOf(here, { conditions: 2, ids: idsOf(4), repeat: 3 }, { metrics: ["accuracy", "latency"] });
    const changed = (more: object) => finish(here, begin(here, other, store, { id: "my-run", ...more }));
    await expect(changed({})).rejects.toThrow(/^metrics differs from the stored run.*--accept-changed metrics/);
    expect((await changed({ acceptChanged: ["metrics"] })).accounting).toEqual(grown.accounting);
    await expect(finish(here, begin(here, small, lastingStore(), { id: "../up" }))).rejects.toThrow(
      /^experiment id must be 1 to 128 letters.*got "\.\.\/up"/,
    );
  });

  it("asks before more is spent, at what its tasks have cost so far, and never without that", async () => {
    const here = world();
    const store = lastingStore();
    const sized = (repeat: number) =>
      experimentOf(here, { conditions: 2, ids: idsOf(4), repeat }, { config: { errorHandling: { maxRetries: 0 } } });
    await finish(here, begin(here, sized(1), store));
    const before = [await rowsOf(store), await store.manifest(), here.calls.length];
    const spent = (await finish(here, goOn(here, sized(1), store, { confirm: true }))).cost; // nothing is left, nothing is asked
    const asked: string[] = [];
    const answers = (yes: boolean) => async (question: string) => {
      asked.push(question);
      return yes;
    };
    for (const ask of [undefined, answers(false)]) {
      const options = { confirm: true, ...(ask ? { ask } : {}) };
      await expect(finish(here, goOn(here, sized(3), store, options))).rejects.toThrow(
        ask
          ? "the run was not confirmed, so nothing was run"
          : /^confirm cannot be asked where there is no terminal; the 16 tasks that the larger run has left would cost about/,
      );
      expect([await rowsOf(store), await store.manifest(), here.calls.length]).toEqual(before);
    }
    const grown = await finish(here, goOn(here, sized(3), store, { confirm: true, ask: answers(true) }));
    expect(grown.accounting).toMatchObject({ planned: 24, pending: 0 });
    expect(spent).toBeGreaterThan(0);
    const question = `the 16 tasks that the larger run has left will cost about ${money(2 * spent, "USD")}. Go ahead?`;
    expect(asked).toEqual([question, question]);
  });

  it.each([
    ["failed tasks", (item: number) => item === 1, undefined, "the 2 failed tasks"],
    ["a run that is larger, too", (item: number) => item === 1, 2, "the 10 tasks that the larger run has left"],
  ])("asks before %s are done again, and never without that", async (_, fails, repeat, what) => {
    const here = world();
    const store = lastingStore();
    let mended = false;
    const sized = (times: number) =>
      scripted(here, (_c, item) => (!mended && fails(Number(item.slice(1))) ? "400" : "ok"), {
        conditions: 2,
        repeat: times,
        dataset: idsOf(4).map((id) => ({ id })),
        config: { errorHandling: { maxFailureRate: 1, maxRetries: 0 } },
      });
    await finish(here, begin(here, sized(1), store));
    mended = true;
    const before = [await rowsOf(store), await store.manifest(), here.calls.length];
    const asked: string[] = [];
    const answers = (yes: boolean) => async (question: string) => {
      asked.push(question);
      return yes;
    };
    const again = (more: object) => {
      const options = { confirm: true, retryFailed: true, ...more };
      return finish(here, goOn(here, sized(repeat ?? 1), store, options));
    };
    await expect(again({})).rejects.toThrow(`cannot be asked where there is no terminal; ${what} would cost about`);
    await expect(again({ ask: answers(false) })).rejects.toThrow("the run was not confirmed, so nothing was run");
    expect([await rowsOf(store), await store.manifest(), here.calls.length]).toEqual(before);
    const { accounting } = await again({ ask: answers(true) });
    expect(accounting).toMatchObject({ failed: 0, pending: 0 });
    expect(asked.map((question) => question.startsWith(`${what} will cost about`))).toEqual([true, true]);
    await again({}); // nothing failed, nothing is asked
  });

  const refusal = async (small: Partial<Size>, large: Partial<Size>, more: object = {}): Promise<string> => {
    const here = world();
    const store = lastingStore();
    const size = { conditions: 2, ids: idsOf(4), repeat: 2 };
    await finish(here, begin(here, experimentOf(here, { ...size, ...small }), store));
    const before = [await rowsOf(store), await store.manifest()];
    const calls = here.calls.length;
    const error = await finish(here, goOn(here, experimentOf(here, { ...size, ...large }, more), store)).catch(
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect([await rowsOf(store), await store.manifest(), here.calls.length]).toEqual([...before, calls]);
    return error.message;
  };

  it("never shrinks, and is left as it was, with a sentence that is true", async () => {
    expect(await refusal({}, { repeat: 1 })).toMatch(
      /^repeat must be at least 2, as in the stored run, got 1\. A run can grow/,
    );
    expect(await refusal({}, { conditions: 1 })).toMatch(
      /^conditions must have "c1", which the stored run has results of/,
    );
    expect(await refusal({}, { ids: idsOf(3) })).toMatch(
      /^dataset must have the items of the stored run: "i3" is not in it, and 4 of its results would be left out/,
    );
  });

  it("is refused by the name of what else has changed, beside its size", async () => {
    const config = { timeoutMs: 77, errorHandling: { maxFailureRate: 1 } };
    expect(await refusal({}, { repeat: 3 }, { config })).toMatch(
      /^config\.timeoutMs differs from the stored run.*it was \d+ and is 77/,
    );
    expect(await refusal({}, { repeat: 3 }, { dataset: idsOf(4).map((id) => ({ id, more: 1 })) })).toMatch(
      /^dataset \(its content\) differs from the stored run/,
    );
  });
});
