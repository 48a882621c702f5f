import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stream } from "#src/kernel/random";
import { bradleyTerry, type PairedComparison } from "#src/stats/index";

fc.configureGlobal({ seed: 42 });

const fitted = (comparisons: readonly PairedComparison[]) => {
  const found = bradleyTerry(comparisons);
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  return found.value;
};
const problemOf = (comparisons: readonly PairedComparison[]) => {
  const found = bradleyTerry(comparisons);
  return found.ok ? undefined : found.error;
};
const beat = (a: string, b: string, winsA: number, winsB = 0, cluster?: string): PairedComparison => ({
  a,
  b,
  winsA,
  winsB,
  cluster,
});

describe("strengths by Bradley and Terry", () => {
  it("of two are the log odds, with the interval of a logit", () => {
    const { estimate, standardError, interval } = fitted([beat("x", "y", 30, 10)]).difference("x", "y");
    expect(estimate).toBeCloseTo(Math.log(3), 12);
    expect(standardError).toBeCloseTo(Math.sqrt(1 / 30 + 1 / 10), 12);
    expect(interval.upper - estimate).toBeCloseTo(1.959963985 * standardError, 8);
  });

  it("balance wins: what is expected by them is what was seen, whatever the order and the names", () => {
    const all = fc.array(fc.tuple(fc.nat(4), fc.nat(4), fc.nat(5), fc.nat(5)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(all, (drawn) => {
        const comparisons = drawn.filter(([a, b]) => a !== b).map(([a, b, m, n]) => beat(`p${a}`, `p${b}`, m, n));
        const found = bradleyTerry(comparisons);
        const turned = bradleyTerry(comparisons.map(({ a, b, winsA, winsB }) => beat(b, a, winsB, winsA)).reverse());
        expect(turned.ok).toBe(found.ok);
        if (!found.ok || !turned.ok) return;
        const strength = new Map(found.value.strengths.map((one) => [one.name, one.strength]));
        for (const { name, strength: own } of turned.value.strengths) expect(own).toBeCloseTo(strength.get(name)!, 8);
        expect([...strength.values()].reduce((sum, one) => sum + one, 0)).toBeCloseTo(0, 8);
        for (const { name, wins } of found.value.strengths) {
          let expected = 0;
          for (const { a, b, winsA, winsB } of comparisons) {
            const p = 1 / (1 + Math.exp(strength.get(b)! - strength.get(a)!));
            if (a === name) expected += (winsA + winsB) * p;
            if (b === name) expected += (winsA + winsB) * (1 - p);
          }
          expect(expected).toBeCloseTo(wins, 6);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("are refused where one group never lost, or is compared with no other, and the groups are named", () => {
    expect(problemOf([beat("x", "y", 5), beat("y", "z", 2, 1), beat("x", "z", 5)])).toEqual({
      reason: "separated",
      groups: [["x"], ["y", "z"]],
    });
    expect(problemOf([beat("x", "y", 1, 1), beat("u", "v", 1, 1)])).toEqual({
      reason: "not-connected",
      groups: [
        ["u", "v"],
        ["x", "y"],
      ],
    });
    expect(problemOf([])).toEqual({ reason: "too-few", groups: [] });
    expect(problemOf([beat("x", "y", 1, 1, "item")])?.reason).toBe("too-few");
    expect(problemOf([beat("x", "y", 0)])?.reason).toBe("not-connected");
  });

  it("of ties alone are equal, and not certain", () => {
    const ties = Array.from({ length: 6 }, (_, i) => beat("x", "y", 0.5, 0.5, `i${i}`));
    const { estimate, interval } = fitted(ties).difference("x", "y");
    expect(estimate).toBeCloseTo(0, 12);
    expect(interval.upper).toBeGreaterThan(1);
  });

  it("of one that stands between two others in every item are not certain", () => {
    const items = Array.from({ length: 24 }, (_, i) => {
      const [high, low] = i % 3 === 0 ? ["c", "a"] : ["a", "c"];
      return [beat(high!, "b", 1, 0, `i${i}`), beat("b", low!, 1, 0, `i${i}`), beat(high!, low!, 1, 0, `i${i}`)];
    });
    const between = fitted(items.flat()).strengths.find(({ name }) => name === "b")!;
    expect(between.strength).toBe(0);
    expect(between.standardError).toBeGreaterThan(0.1);
  });

  it("refuse what is no comparison, with its place", () => {
    expect(() => bradleyTerry([beat("x", "x", 1)])).toThrow('comparisons[0] must be of two, and is of "x" alone');
    expect(() => bradleyTerry([beat("x", "y", -1)])).toThrow("must have wins that are numbers of at least 0, got -1");
    expect(() => bradleyTerry([beat("x", "y", 1, 1, "i"), beat("x", "y", 1)])).toThrow(
      "comparisons[1].cluster must be there",
    );
    expect(() => fitted([beat("x", "y", 1, 1)]).difference("x", "z")).toThrow("must name two of x, y");
  });

  it("cover the truth as often as they say where the pairs of an item go the same way; standard errors without clusters do not", () => {
    const truth = [0.5, 0, -0.5];
    const draw = stream(7, "bradley-terry");
    let [covered, naive] = [0, 0];
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      const comparisons: PairedComparison[] = [];
      for (let item = 0; item < 60; item++)
        for (const [a, b] of [
          [0, 1],
          [0, 2],
          [1, 2],
        ] as const) {
          const first = Number(draw() < 1 / (1 + Math.exp(truth[b]! - truth[a]!)));
          comparisons.push(beat(`p${a}`, `p${b}`, 4 * first, 4 * (1 - first), `i${item}`)); // four judges of one mind
        }
      const isIn = (list: readonly PairedComparison[]): boolean => {
        const { interval } = fitted(list).difference("p0", "p2");
        return interval.lower <= 1 && interval.upper >= 1;
      };
      if (isIn(comparisons)) covered += 1;
      if (isIn(comparisons.map(({ cluster: _, ...one }) => one))) naive += 1;
    }
    // 95 % of 300, and the binomial bound at 0.001 below it
    expect(covered / runs).toBeGreaterThan(0.9);
    expect(naive / runs).toBeLessThan(0.8);
  });
});
