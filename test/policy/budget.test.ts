import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { budgetOptions, emptyLedger, type Ledger, mayReserve, reserve, settle } from "#src/policy/budget";

fc.configureGlobal({ seed: 42 });

const limits = budgetOptions.parse({ maxTotal: 10, maxPerCondition: 6 });
const spent = (condition: string, cost: number, ledger: Ledger = emptyLedger): Ledger =>
  settle(ledger, condition, 0, cost);

describe("a budget", () => {
  it("lets through what fits to the last cent, and names the limit that refuses more", () => {
    const ledger = reserve(spent("a", 3), "a", 2);
    expect(mayReserve(ledger, "a", 1, limits)).toBe("within");
    expect(mayReserve(ledger, "a", 1.01, limits)).toBe("condition_exhausted");
    expect(mayReserve(ledger, "b", 5, limits)).toBe("within");
    expect(mayReserve(ledger, "b", 5.01, limits)).toBe("run_exhausted");
  });

  it("refuses work of unknown cost once the limit is reached, not before", () => {
    expect(mayReserve(spent("a", 5.99), "a", 0, limits)).toBe("within");
    expect(mayReserve(spent("a", 6), "a", 0, limits)).toBe("condition_exhausted");
    expect(mayReserve(spent("b", 4, spent("a", 6)), "c", 0, limits)).toBe("run_exhausted");
  });

  it("refuses nothing where no limit is set", () => {
    expect(mayReserve(spent("a", 1e9), "a", 1e9, budgetOptions.parse({}))).toBe("within");
  });

  it("frees a promise when the work turns out cheaper", () => {
    const promised = reserve(emptyLedger, "a", 6);
    expect(mayReserve(promised, "a", 1, limits)).toBe("condition_exhausted");
    const settled = settle(promised, "a", 6, 2);
    expect(settled).toEqual({ spent: 2, reserved: 0, conditions: { a: { spent: 2, reserved: 0 } } });
    expect(mayReserve(settled, "a", 4, limits)).toBe("within");
  });

  it("leaves the ledger it was given alone", () => {
    const before = reserve(emptyLedger, "a", 1);
    settle(before, "a", 1, 1);
    expect(before).toEqual({ spent: 0, reserved: 1, conditions: { a: { spent: 0, reserved: 1 } } });
    expect(emptyLedger.conditions).toEqual({});
  });

  it("is never passed by work that costs no more than was promised, and its sums are those of its conditions", () => {
    const step = fc.record({
      condition: fc.constantFrom("a", "b", "toString", "__proto__"), // also names that every object has
      estimate: fc.integer({ min: 0, max: 4 }),
      cost: fc.integer({ min: 0, max: 4 }),
      waits: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let ledger = emptyLedger;
        const flying: { condition: string; estimate: number; cost: number }[] = [];
        for (const { condition, estimate, cost, waits } of steps) {
          if (estimate > 0 && mayReserve(ledger, condition, estimate, limits) === "within") {
            ledger = reserve(ledger, condition, estimate);
            flying.push({ condition, estimate, cost: Math.min(cost, estimate) });
          }
          const landing = waits ? undefined : flying.shift();
          if (landing) ledger = settle(ledger, landing.condition, landing.estimate, landing.cost);
          const own = Object.values(ledger.conditions);
          expect(ledger.spent + ledger.reserved).toBeLessThanOrEqual(10);
          expect(own.filter((each) => each.spent + each.reserved > 6)).toEqual([]);
          expect(own.reduce((sum, each) => sum + each.spent, 0)).toBe(ledger.spent);
          expect(own.reduce((sum, each) => sum + each.reserved, 0)).toBe(ledger.reserved);
        }
      }),
    );
  });
});
