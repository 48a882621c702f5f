import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defineExperiment } from "#src/experiment/define";
import { makePlan, ordinalSet } from "#src/experiment/plan";
import { taskKey } from "#src/experiment/task";
import { InvariantError } from "#src/kernel/errors";

fc.configureGlobal({ seed: 42 });

function planOf(conditions: number, items: number, repeat = 1, randomSeed = 42) {
  const experiment = defineExperiment({
    name: "x",
    dataset: [1],
    conditions: Array.from({ length: conditions }, (_, i) => ({ name: `c${i}`, run: () => 1 })),
    metrics: ["value"],
    repeat,
    config: { randomSeed },
  });
  return makePlan(
    experiment,
    Array.from({ length: items }, (_, i) => ({ id: `q${i}`, row: i })),
  );
}
const tasksOf = (plan: ReturnType<typeof planOf>) => Array.from({ length: plan.size }, (_, i) => plan.task(i));
const shape = [
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 3 }),
] as const;

describe("a plan", () => {
  it("has every condition at every item at every repeat, exactly once", () => {
    fc.assert(
      fc.property(...shape, fc.integer(), (conditions, items, repeat, seed) => {
        const plan = planOf(conditions, items, repeat, seed);
        const keys = tasksOf(plan).map((task) => taskKey({ ...task, itemId: task.item.id }));
        expect(plan.size).toBe(conditions * items * repeat);
        expect(new Set(keys).size).toBe(plan.size);
        expect(tasksOf(plan).map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: plan.size }, (_, i) => i));
      }),
    );
  });

  it("keeps all conditions at one item and repeat together, and all repeats of an item too", () => {
    fc.assert(
      fc.property(...shape, (conditions, items, repeat) => {
        const tasks = tasksOf(planOf(conditions, items, repeat));
        for (let at = 0; at < tasks.length; at += conditions) {
          const group = tasks.slice(at, at + conditions);
          expect(new Set(group.map((task) => `${task.item.id}/${task.repeat}`)).size).toBe(1);
          expect(group.map(({ condition }) => condition)).toEqual(group.map((_, i) => `c${i}`));
        }
        const seen = tasks.map(({ item }) => item.id).filter((id, i, all) => id !== all[i - 1]);
        expect(new Set(seen).size).toBe(seen.length);
      }),
    );
  });

  it("gives each condition its ordinals in the order of the run", () => {
    fc.assert(
      fc.property(...shape, (conditions, items, repeat) => {
        const plan = planOf(conditions, items, repeat);
        expect(plan.perCondition).toBe(items * repeat);
        for (let c = 0; c < conditions; c++) {
          const own = Array.from({ length: plan.perCondition }, (_, i) => plan.ordinalOf(c, i));
          const all = tasksOf(plan).filter(({ condition }) => condition === `c${c}`);
          expect(own).toEqual(all.map(({ ordinal }) => ordinal));
        }
      }),
    );
  });

  it("takes items in an order that the seed decides, and nothing else", () => {
    const order = (...given: Parameters<typeof planOf>) => [
      ...new Set(tasksOf(planOf(...given)).map(({ item }) => item.id)),
    ];
    expect(order(2, 50)).toEqual(order(3, 50, 2));
    expect(order(2, 50)).not.toEqual(order(2, 50, 1, 43));
    expect(order(1, 50)).not.toEqual([...order(1, 50)].sort());
  });

  it("has another hash when items, conditions, repeats or the seed are others", () => {
    const hashes = [planOf(2, 3), planOf(3, 3), planOf(2, 4), planOf(2, 3, 2), planOf(2, 3, 1, 43)].map(
      ({ hash }) => hash,
    );
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(planOf(2, 3).hash).toBe(hashes[0]);
  });

  it("is refused where a bit for each task would not fit in memory", () => {
    expect(planOf(2, 3, 1e8).size).toBe(6e8);
    for (const repeat of [2e8, Number.MAX_SAFE_INTEGER])
      expect(() => planOf(2, 3, repeat)).toThrow(
        /^repeat must leave at most 1000000000 tasks; 2 conditions x 3 items x /,
      );
  });

  it.each([-1, 6, 0.5, Number.NaN])("has no task %d among six", (ordinal) => {
    expect(() => planOf(2, 3).task(ordinal)).toThrow(new InvariantError(`the plan has no task ${ordinal}`));
  });
});

describe("a set of ordinals", () => {
  it("is a set", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.nat(99)), (size, ordinals) => {
        const own = ordinalSet(size);
        const model = new Set<number>();
        for (const ordinal of ordinals.map((each) => each % size)) {
          own.add(ordinal);
          model.add(ordinal);
          expect(own.count).toBe(model.size);
        }
        for (let i = 0; i < size; i++) expect([i, own.has(i)]).toEqual([i, model.has(i)]);
      }),
    );
  });
});
