import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textsOf } from "#src/app/results/item-texts";
import { byDisagreement } from "#src/reports/disagreement";
import { exampleReport } from "./examples.ts";

const entry = (value: number | null, text = "", status = "success") => ({
  condition: "c",
  status,
  values: [value],
  text,
  repeats: 1,
});

describe("items of a report", () => {
  it("come with those on which conditions disagree most first, and keep their order where they agree", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom(0, 1, null), { minLength: 4, maxLength: 4 }), { maxLength: 30 }),
        (all) => {
          const items = all.map((values, place) => ({ place, entries: values.map((value) => entry(value)) }));
          const sorted = byDisagreement(items);
          expect(sorted.map(({ place }) => place).sort((a, b) => a - b)).toEqual(items.map(({ place }) => place));
          const spread = ({ entries }: (typeof items)[0]): number => {
            const values = entries.flatMap(({ values: [value] }) =>
              value === null || value === undefined ? [] : [value],
            );
            const share = values.filter((value) => value === 1).length / Math.max(1, values.length);
            return share * (1 - share);
          };
          sorted.slice(1).forEach((item, i) => {
            const [before, after] = [spread(sorted[i]!), spread(item)];
            expect(before).toBeGreaterThanOrEqual(after - 1e-12);
            if (before === after) expect(sorted[i]!.place).toBeLessThan(item.place);
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  it("that agree in value come by failures, then by how many answers there are", () => {
    const items = [
      { id: "same", entries: [entry(1, "A"), entry(1, "A")] },
      { id: "answers", entries: [entry(1, "A"), entry(1, "B")] },
      { id: "failed", entries: [entry(1, "A"), entry(null, "A", "failed_permanent")] },
    ];
    expect(byDisagreement(items).map(({ id }) => id)).toEqual(["failed", "answers", "same"]);
  });

  it("have what was asked and what is right, from samples, from the names that data sets use, or else as they are", () => {
    const rows = [
      { question: "2 + 2?", answer: "4" },
      { id: 1, question: "Which?", choices: ["x", "y"], answer: 1 },
      { input: [{ role: "user", content: "hi" }], target: ["a", "b"] },
      { id: 7, text: "hello", label: 3 },
      "a text",
      { id: 7, a: 1 },
      null,
    ];
    expect(rows.map(textsOf)).toEqual([
      { input: "2 + 2?", target: "4" },
      { input: "Which?\nx\ny", target: "B" },
      { input: "user: hi", target: "a or b" },
      { input: "hello", target: "3" },
      { input: "a text" },
      { input: '{"a":1}' },
      { input: "null" },
    ]);
  });

  it("say which way is better, and where the first task of each answer is", async () => {
    const { items } = await exampleReport();
    expect(items.directions).toEqual(["higher", "lower"]);
    const [first] = items.items;
    expect(first).toMatchObject({ input: expect.stringContaining("What is q"), target: "B" });
    expect(first!.entries.map(({ ordinal }) => ordinal)).toEqual([
      ...new Set(first!.entries.map(({ ordinal }) => ordinal)),
    ]);
  });
});
