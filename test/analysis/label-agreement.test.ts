import { describe, expect, it } from "vitest";
import { analyseLabels, type JudgedAnswer } from "#src/analysis/label-agreement";
import { type CorrectedDifference, correctedDifferences, type LabelledAnswer } from "#src/analysis/label-correction";
import type { Label } from "#src/experiment/labels";
import { stream } from "#src/kernel/random";
import { labelBlocks } from "#src/reports/labels";
import { runs } from "../runs.ts";

const label = (ordinal: number, rater: string, said: string, rubric = "r"): Label => ({
  ordinal,
  rater,
  rubric,
  label: said,
  at: "2026-11-29T14:00:00Z",
});
/** Ten answers; the judge calls the first six right. */
const answers = Array.from(
  { length: 10 },
  (_, ordinal): JudgedAnswer => ({ ordinal, condition: "a", itemId: `i${ordinal}`, value: Number(ordinal < 6) }),
);

describe("labels by people", () => {
  it("say how far raters agree, what the judge misses, and what the mean would be by people", () => {
    const ada = ["C", "C", "I", "I", "C", "I"].map((said, i) => label(2 * i < 10 ? 2 * i : 9, "ada", said));
    const found = analyseLabels(
      [...ada, label(0, "bob", "C"), label(2, "bob", "C"), label(4, "bob", "C")],
      answers,
      "accuracy",
    )!;
    expect(found.raters).toEqual([
      { rater: "ada", labels: 6 },
      { rater: "bob", labels: 3 },
    ]);
    expect([found.answers, found.divided]).toEqual([6, 1]);
    expect(found.alpha).toMatchObject({ value: { ok: true } });
    expect(found.confusion).toMatchObject({
      answers: 5,
      sensitivity: { value: { value: 2 / 3 } },
      specificity: { value: { value: 1 } },
    });
    const [own] = found.corrected;
    expect(own).toMatchObject({
      condition: "a",
      labelled: 6,
      answers: 10,
      raw: 0.6,
      estimate: { value: { ok: true }, interval: { ok: true } },
    });
    expect(JSON.stringify(labelBlocks(found))).toMatch(
      /6 answers are labelled by people: ada \(6\), bob \(3\)\. Rubric: r/,
    );
  });

  it("that show no error give no interval of no width, neither to the mean nor to a difference", () => {
    const both = [
      ...answers,
      ...answers.map((one) => ({ ...one, ordinal: one.ordinal + 10, condition: "b", value: 1 })),
    ];
    const ofA = [label(0, "ada", "C"), label(1, "ada", "I"), label(7, "ada", "I")];
    const found = analyseLabels([...ofA, ...[10, 11, 12].map((i) => label(i, "ada", "C"))], both, "accuracy")!;
    const none = { ok: false, error: expect.stringMatching(/^no interval: no error was seen/) };
    expect(found.corrected.map(({ estimate }) => estimate.interval)).toEqual([
      { ok: true, value: expect.anything() },
      none,
    ]);
    expect(found.corrected[1]!.estimate.value).toEqual({ ok: true, value: 1 });
    expect(found.differences[0]!.estimate.interval).toEqual(none);
  });

  it("that mean the same agree, and words that are no verdict are counted and in no mean", () => {
    const said = [label(0, "ada", "yes"), label(0, "bob", "C"), label(7, "ada", "0"), label(7, "bob", "I")];
    const found = analyseLabels([...said, label(8, "ada", "maybe")], answers, "accuracy")!;
    const words = ["Right", "correct ", "PASS", "wrong", "Incorrect", "fail", "no answer", "partly right", "toString"];
    const people = [1, 1, 1, 0, 0, 0, 0, 0.5];
    const mean = analyseLabels(
      words.map((text, i) => label(i, "ada", text)),
      answers,
      "accuracy",
    )!;
    expect([mean.words, mean.corrected[0]!.labelled]).toEqual([1, people.length]);
    expect(mean.confusion).toMatchObject({ answers: 7 }); // the half is neither
    expect(JSON.stringify(labelBlocks({ ...mean, takenBack: 2 }))).toContain("took back, which do not count: 2");
    expect([found.ac1!.value, found.words, found.corrected[0]!.labelled]).toEqual([{ ok: true, value: 1 }, 1, 2]);
    expect(JSON.stringify(labelBlocks(found))).toContain("nor a number: 1; no mean counts them");
  });

  it("beyond the range of a share are counted and in no mean, whose interval is within it too", () => {
    const said = ["I", "C", "C", "1000", "-1", "C"].map((text, i) => label(i, "ada", text));
    const found = analyseLabels(said, answers, "accuracy")!;
    expect([found.beyond, found.corrected[0]!.labelled]).toEqual([2, 4]);
    const { value, interval } = found.corrected[0]!.estimate;
    expect([value.ok && value.value <= 1, interval.ok && interval.value.high]).toEqual([true, 1]);
    expect(JSON.stringify(labelBlocks(found))).toContain("beyond those of accuracy, 0 to 1: 2; no mean counts them");
    const scale = analyseLabels(
      [label(0, "ada", "4"), label(1, "ada", "5")],
      answers.map((one) => ({ ...one, value: 3 })),
      "grade",
    )!;
    expect([scale.beyond, scale.corrected[0]!.labelled]).toEqual([0, 2]);
  });

  it("of earlier rubrics are left out and counted; without labels there is nothing", () => {
    const found = analyseLabels([label(0, "ada", "C", "old"), label(1, "ada", "I")], answers, "accuracy")!;
    expect([found.rubric, found.otherRubrics, found.answers, found.alpha]).toEqual(["r", 1, 1, undefined]);
    expect(found.corrected[0]!.estimate.value).toEqual({
      ok: false,
      error: "too few answers with a label, or without one",
    });
    expect([analyseLabels([], answers, "accuracy"), labelBlocks(undefined)]).toEqual([undefined, []]);
  });

  describe("of four conditions, whose judge errs on hard items and favours the last", () => {
    const names = ["a", "b", "c", "d"];
    const truth = [0.5, 0.5, 0.6, 0.4];
    /** 200 items, of which 80 are labelled. */
    const drawn = (seed: number) => {
      const draw = stream(seed, "corrected differences");
      const answers = new Map<string, LabelledAnswer[]>(names.map((name) => [name, []]));
      for (let item = 0; item < 200; item++) {
        const ease = draw();
        for (const [i, name] of names.entries()) {
          const people = Number(0.5 * ease + 0.5 * draw() < truth[i]!); // half of what decides is the item's
          const value = draw() < 0.8 ? people : Number(i === 3 || draw() < 0.5);
          answers.get(name)!.push({ itemId: `i${item}`, value, people: item < 80 ? people : undefined });
        }
      }
      return answers;
    };
    // P(0.5 u + 0.5 v < t), the share of right answers
    const share = (t: number): number => (t <= 0.5 ? 2 * t * t : 1 - 2 * (1 - t) ** 2);
    const holds = ({ condition, against, estimate }: CorrectedDifference): boolean => {
      const [one, other] = [condition, against].map((name) => share(truth[names.indexOf(name)]!));
      const { interval } = estimate;
      return interval.ok && interval.value.low <= one! - other! && one! - other! <= interval.value.high;
    };
    const covered = (correction: "min-p" | "none", rounds: number): number => {
      let all = 0;
      for (let seed = 0; seed < rounds; seed++)
        if (correctedDifferences(drawn(seed), { correction, draws: 4000 }).differences.every(holds)) all += 1;
      return all / rounds;
    };

    it("all intervals hold together as often as they say, where each by itself would not", () => {
      const rounds = runs(50, 2000);
      expect(covered("min-p", rounds)).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.05 * 0.95) / rounds));
      expect(covered("none", 200)).toBeLessThan(0.87);
    });

    it("are narrower than Bonferroni's, those against a baseline narrower still, and a single pair is as by itself", () => {
      const widths = (options: Parameters<typeof correctedDifferences>[1]) =>
        correctedDifferences(drawn(1), options).differences.map(({ estimate: { interval } }) =>
          interval.ok ? interval.value.high - interval.value.low : Number.NaN,
        );
      const [alone, together, bounded] = (["none", "min-p", "bonferroni"] as const).map((correction) =>
        widths({ correction }),
      );
      for (const i of [0, 1, 2, 3, 4, 5]) {
        expect(together![i]).toBeGreaterThan(alone![i]!);
        expect(together![i]).toBeLessThan(bounded![i]!);
      }
      const against = names.slice(1).map((name) => [name, "a"] as const);
      const [baseline] = widths({ pairs: against });
      expect(baseline).toBeLessThan(together![0]!);
      expect(baseline).toBeGreaterThan(alone![0]!);
      expect(widths({ pairs: [["a", "b"]] })[0]).toBeCloseTo(alone![0]!, 12);
      expect(correctedDifferences(drawn(1)).intervals).toBe("95 % simultaneous over 6 pairs");
    });
  });

  it("correct no mean of repeats, which are not independent", () => {
    const twice = [...answers, ...answers.map((one) => ({ ...one, ordinal: one.ordinal + 10 }))];
    const found = analyseLabels(
      [0, 1, 2].map((i) => label(i, "ada", "C")),
      twice,
      "accuracy",
    )!;
    expect(found.corrected[0]!.estimate.value).toEqual({ ok: false, error: "repeats of an item are not independent" });
  });
});
