import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { permutation, randomInt, shuffled, stream } from "#src/kernel/random";

fc.configureGlobal({ seed: 42 });

const draws = (n: number, random: () => number): number[] => Array.from({ length: n }, random);

describe("a stream", () => {
  it("repeats for the same seed and names, and differs for any other", () => {
    const first = draws(5, stream(42, "task", "cot/q1/0", 1));
    expect(draws(5, stream(42, "task", "cot/q1/0", 1))).toEqual(first);
    const others = [
      stream(43, "task", "cot/q1/0", 1),
      stream(42, "task", "cot/q1/0", 2),
      stream(42, "task", "cot/q1/01"),
      stream(42, "task", "cot", "q1/0", 1),
    ];
    for (const other of others) expect(draws(5, other)).not.toEqual(first);
  });

  it("gives the same numbers in every process", () => {
    expect(draws(3, stream(42, "order"))).toEqual([0.37062733417541205, 0.17481679718519227, 0.28208430627476444]);
  });

  it("fills a list with the numbers that as many calls give, and both go on from there", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.integer(), lengths, (seed, parts) => {
        const [filled, called] = [stream(seed, "fill"), stream(seed, "fill")];
        for (const length of parts) {
          const into = new Float64Array(length);
          filled.fill(into);
          expect([...into, filled()]).toEqual(draws(length + 1, called));
        }
      }),
    );
  });

  it("stays in [0, 1) and is uniform over sixteen bins", () => {
    const values = draws(32_000, stream(1, "bins"));
    expect(values.filter((value) => value < 0 || value >= 1)).toEqual([]);
    const bins = new Array<number>(16).fill(0);
    for (const value of values) bins[Math.floor(value * 16)]! += 1;
    const chi2 = bins.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    expect(chi2).toBeLessThan(37.7); // chi-squared with 15 degrees of freedom, p = 0.001
  });

  it("is independent of its neighbours: first draws of consecutive attempts are uncorrelated", () => {
    const firsts = Array.from({ length: 4000 }, (_, i) => stream(42, "jitter", "a/q/0", i)() - 0.5);
    const lagged = firsts.slice(1).reduce((sum, value, i) => sum + value * firsts[i]!, 0) / 3999;
    expect(Math.abs(lagged * 12)).toBeLessThan(4 / Math.sqrt(4000)); // a correlation, within four standard errors
  });
});

describe("order", () => {
  it("is a permutation, whatever the size and the seed", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer(), (n, seed) => {
        expect([...permutation(n, stream(seed))].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
    );
  });

  it("shuffles a copy, and keeps every value", () => {
    const values = ["a", "b", "c", "d", "e"];
    const result = shuffled(values, stream(7));
    expect(values).toEqual(["a", "b", "c", "d", "e"]);
    expect([...result].sort()).toEqual(values);
  });

  it("gives each of the six orders of three values its share", () => {
    const random = stream(11, "orders");
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = shuffled(["a", "b", "c"], random).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const chi2 = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi2).toBeLessThan(20.5); // chi-squared with 5 degrees of freedom, p = 0.001
  });

  it("draws whole numbers below the bound", () => {
    expect(randomInt(() => 0, 6)).toBe(0);
    expect(randomInt(() => 1 - Number.EPSILON / 2, 6)).toBe(5);
  });
});
