import { describe, expect, it } from "vitest";
import { analyseLabels, type JudgedAnswer } from "#src/analysis/label-agreement";
import type { Label } from "#src/experiment/labels";
import { labelBlocks } from "#src/reports/labels";

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
    expect([found.ac1!.value, found.words, found.corrected[0]!.labelled]).toEqual([{ ok: true, value: 1 }, 1, 2]);
    expect(JSON.stringify(labelBlocks(found))).toContain("nor a number: 1; no mean counts them");
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
