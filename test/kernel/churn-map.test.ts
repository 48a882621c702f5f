import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChurnMap } from "#src/kernel/churn-map";

const key = fc.integer({ min: 0, max: 40 });
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("set" as const), key, value: fc.nat() }),
    fc.record({ do: fc.constant("delete" as const), key }),
    fc.record({ do: fc.constant("clear" as const) }),
  ),
  { maxLength: 400 },
);

describe("ChurnMap", () => {
  it("answers as a Map does, in the same order, whatever came and went", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const [map, model] = [new ChurnMap<number, number>(), new Map<number, number>()];
        for (const step of all) {
          if (step.do === "set") {
            map.set(step.key, step.value);
            model.set(step.key, step.value);
          } else if (step.do === "delete") expect(map.delete(step.key)).toBe(model.delete(step.key));
          else {
            map.clear();
            model.clear();
          }
          expect(map.size).toBe(model.size);
        }
        expect([map.keys(), map.values()]).toEqual([[...model.keys()], [...model.values()]]);
        for (let k = 0; k <= 41; k++) expect([map.get(k), map.has(k)]).toEqual([model.get(k), model.has(k)]);
      }),
    );
  });
});
