import {
  type Agreement,
  cohenKappa,
  confusionOf,
  fleissKappa,
  gwetAC1,
  krippendorffAlpha,
  type MeasurementLevel,
  type Rating,
} from "crucible-harness/stats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stream } from "#src/kernel/random";
import { draws, runs } from "../runs.ts";
import { expectLinear, repeated } from "../support.ts";

const known = <T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string },
): T => {
  if (!result.ok) throw new Error(result.error);
  return result.value;
};
const rating = fc.constantFrom<Rating>(1, 2, 3, 4, null);
const table = fc
  .integer({ min: 2, max: 5 })
  .chain((raters) =>
    fc.array(fc.array(rating, { minLength: raters, maxLength: raters }), { minLength: 3, maxLength: 30 }),
  );
const levels: readonly MeasurementLevel[] = ["nominal", "ordinal", "interval", "ratio"];
const estimates = (ratings: readonly (readonly Rating[])[]): (number | string)[] =>
  [fleissKappa(ratings), gwetAC1(ratings), ...levels.map((level) => krippendorffAlpha(ratings, level))].map((result) =>
    result.ok ? Number(result.value.estimate.toFixed(9)) + 0 : result.error,
  );

describe("whatever raters say, agreement", () => {
  it("is the same in another order of raters or units, and with units that one rater rated or none did", () => {
    fc.assert(
      fc.property(table, (ratings) => {
        const turned = ratings.map((unit) => [...unit].reverse()).reverse();
        expect(estimates(turned)).toEqual(estimates(ratings));
        const empty = ratings[0]!.map(() => null);
        expect(estimates([...ratings, empty])).toEqual(estimates(ratings));
      }),
      draws(20, 1000, 19),
    );
  });

  it("is 1 where all agree, and is said not to be known where all say the same", () => {
    const agreeing = [
      [1, 1, 1],
      [2, 2, null],
      [3, 3, 3],
    ];
    expect(estimates(agreeing)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(estimates(agreeing.map((unit) => unit.map(() => 1)))).toEqual(Array(6).fill("all-equal"));
    expect(estimates([[1, 2]])).toEqual(Array(6).fill("too-few"));
    expect([cohenKappa([1, 1], [1, 1]), cohenKappa([1], [1])]).toEqual([
      { ok: false, error: "all-equal" },
      { ok: false, error: "too-few" },
    ]);
  });

  it("has an interval that covers the truth about as often as it says", () => {
    const draw = stream(5, "agreement");
    let covered = 0;
    const rounds = runs(300, 2000);
    for (let round = 0; round < rounds; round++) {
      const [a, b]: [number[], number[]] = [[], []];
      for (let i = 0; i < 100; i++) {
        const truth = draw() < 0.5 ? 1 : 0;
        a.push(draw() < 0.9 ? truth : 1 - truth);
        b.push(draw() < 0.9 ? truth : 1 - truth);
      }
      const { lower, upper } = known(cohenKappa(a, b)).interval;
      const kappa = 2 * (0.9 * 0.9 + 0.1 * 0.1) - 1; // of two raters who are right nine times in ten, at even odds
      if (lower <= kappa && kappa <= upper) covered += 1;
    }
    expect(covered / rounds).toBeGreaterThan(0.91);
    expect(covered / rounds).toBeLessThan(0.98);
  });

  it("takes time in proportion to the ratings", async () => {
    const rows = (text: string): Rating[][] =>
      Array.from({ length: text.length / 2 }, (_, i) => [i % 997, i % 1009, i]);
    const all = (text: string): void => {
      const table = rows(text);
      for (const level of ["nominal", "ordinal", "interval"] as const) krippendorffAlpha(table, level);
      for (const of of [fleissKappa, gwetAC1]) of(table);
      const [a, b] = [table.map(([one]) => one), table.map(([, , other]) => other)];
      for (const weights of ["none", "linear", "quadratic"] as const) cohenKappa(a, b, { weights });
    };
    await expectLinear(all, repeated("ab"), 4000);
  });
});

describe("kappa with weights", () => {
  it("wants to know the order of texts", () => {
    const [a, b] = [
      ["good", "fair", "poor", "good"],
      ["good", "poor", "poor", "fair"],
    ];
    expect(() => cohenKappa(a!, b!, { weights: "linear" })).toThrow(
      'categories must be in a known order for weights, and these are texts, got "good". Say it: categories: ["poor", "fair", "good"]',
    );
    const categories = ["poor", "fair", "good"];
    const numbered = (texts: readonly string[]): number[] => texts.map((text) => categories.indexOf(text));
    const strip = ({ estimate, standardError }: Agreement) => [estimate, standardError];
    expect(strip(known(cohenKappa(a!, b!, { weights: "linear", categories })))).toEqual(
      strip(known(cohenKappa(numbered(a!), numbered(b!), { weights: "linear" }))),
    );
    expect(() => cohenKappa(a!, b!, { categories: ["good", "fair"] })).toThrow("categories must name every rating");
    expect(() => cohenKappa([1], [1, 2])).toThrow("ratings must be as many of both raters");
  });
});

it('ratings of several kinds are refused: 1 and "1" would never agree', () => {
  const law = 'ratings must be of one kind: 1 and "1" are two. Read the labels of both raters in the same way';
  const table = [
    [1, "1"],
    [2, "2"],
  ];
  for (const of of [fleissKappa, gwetAC1, krippendorffAlpha]) expect(() => of(table)).toThrow(law);
  expect(() => cohenKappa([1, 2], ["1", "2"])).toThrow(law);
  expect(() =>
    krippendorffAlpha(
      [
        [1, Number.POSITIVE_INFINITY],
        [2, 2],
      ],
      "interval",
    ),
  ).toThrow("got Infinity");
});

describe("the confusion of a judge", () => {
  it("counts units that both rated", () => {
    const judge = [...Array<number>(45).fill(1), ...Array<number>(5).fill(0), 0, 0, 1, null];
    const truth = [...Array<boolean>(50).fill(true), false, false, false, true];
    const { sensitivity, specificity, precision, ...counts } = confusionOf(judge, truth);
    expect(counts).toMatchObject({ truePositives: 45, falseNegatives: 5, trueNegatives: 2, falsePositives: 1 });
    expect([sensitivity.estimate, specificity.estimate, precision.estimate]).toEqual([0.9, 2 / 3, 45 / 46]);
  });

  it("says nothing of what did not occur, and refuses what is neither yes nor no", () => {
    const { specificity } = confusionOf([true], [true]);
    expect(specificity).toEqual({ successes: 0, n: 0, estimate: undefined, interval: undefined });
    expect(() => confusionOf(["yes"], [true])).toThrow('ratings must be true and false, or 1 and 0, got "yes"');
    expect(() =>
      krippendorffAlpha(
        [
          ["a", "b"],
          ["a", "a"],
        ],
        "interval",
      ),
    ).toThrow("ratings must be finite numbers at the level interval");
    expect(() =>
      krippendorffAlpha(
        [
          [-1, 1],
          [2, 2],
        ],
        "ratio",
      ),
    ).toThrow("ratings must be finite numbers of at least 0");
  });
});
