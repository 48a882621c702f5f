import { describe, expect, it } from "vitest";
import { sentenceOf } from "#src/app/observe/replay";
import { taskNames } from "#src/app/observe/task-names";
import { makePlan } from "#src/experiment/plan";
import { exampleManifest } from "../reports/manifest.ts";

describe("names of tasks", () => {
  const items = Array.from({ length: 7 }, (_, i) => ({ id: `q${i}`, row: {} }));
  const conditions = ["plain", "vote"];
  const repeat = 3;
  const plan = makePlan(
    { conditions: conditions.map((name) => ({ name })), repeat, config: { randomSeed: 5 } } as never,
    items as never,
  );
  const manifest = {
    ...exampleManifest(conditions, ["accuracy"], { repeat }),
    plan: { tasks: plan.size, hash: plan.hash },
  };
  const knowing = (isKnown: (ordinal: number) => boolean) =>
    taskNames(manifest, {
      itemBetween(from, to) {
        for (let ordinal = from; ordinal < to; ordinal++) if (isKnown(ordinal)) return plan.task(ordinal).item.id;
        return undefined;
      },
    });

  it("are those of the plan, of every task, from one ended task of each item", () => {
    const nameOf = knowing((ordinal) => ordinal % (conditions.length * repeat) === 4);
    for (let ordinal = 0; ordinal < plan.size; ordinal++) {
      const { condition, item, repeat: at } = plan.task(ordinal);
      expect(nameOf(ordinal)).toBe(`${condition}/${item.id}/${at}`);
    }
    expect(nameOf(plan.size)).toBeUndefined();
  });

  it("are left out where no task of the item has ended: the number alone is said", () => {
    const nameOf = knowing((ordinal) => ordinal === 0);
    const started = { t: 0, type: "task.started", attempt: 1 } as const;
    expect(sentenceOf({ ...started, ordinal: 1 }, nameOf)).toBe(`task 1 (vote/${plan.task(0).item.id}/0), attempt 1`);
    expect(sentenceOf({ ...started, ordinal: 6 }, nameOf)).toBe("task 6, attempt 1");
    expect(sentenceOf({ ...started, ordinal: 1 })).toBe("task 1, attempt 1");
  });
});
