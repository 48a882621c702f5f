import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyse } from "#src/analysis/index";
import { analyseLabels } from "#src/analysis/label-agreement";
import { isDifferent } from "#src/analysis/verdict";
import type { Label } from "#src/experiment/labels";
import type { Spent } from "#src/experiment/spent";
import { stream } from "#src/kernel/random";
import { buildReport, markdownShort, renderers, type VerdictPanel, verdictPanel } from "#src/reports/index";
import { verdictSentences } from "#src/reports/verdict-words";
import { draws } from "../runs.ts";
import { exampleReport } from "./examples.ts";
import { exampleManifest } from "./manifest.ts";

const all = { planned: 0, succeeded: 1, failed: 0, skipped: 0, unscored: 0, pending: 0 };

/** Rows of conditions that are right with the given chances. */
function rowsOf(chances: readonly number[], items: number, seed: number) {
  const random = stream(seed, "verdict");
  return Array.from({ length: items }, (_, i) => i).flatMap((itemId) => {
    const hard = random() - 0.5;
    return chances.map((chance, c) => ({
      condition: `c${c}`,
      itemId,
      accuracy: random() < chance - 0.3 * hard ? 1 : 0,
    }));
  });
}

type Asked = Omit<Parameters<typeof analyse>[1], "metrics"> & Partial<Pick<Parameters<typeof analyse>[1], "metrics">>;
const analysed = (chances: readonly number[], items = 60, seed = 1, more: Asked = {}) =>
  analyse(rowsOf(chances, items, seed), { metrics: ["accuracy"], resamples: 200, ...more });

describe("the verdict", () => {
  it("calls best no condition that is not shown to be better, and names in a best group all that may be the best", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 0.95, noNaN: true }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 5, max: 120 }),
        fc.integer(),
        (chances, items, seed) => {
          const analysis = analysed(chances, items, seed);
          const [{ comparisons }] = analysis.metrics as [(typeof analysis.metrics)[0]];
          const [line] = verdictPanel(analysis, { accounting: all }).lines;
          const best = line!.names;
          const loses = (name: string): boolean =>
            comparisons.some(
              ({ condition, against, verdict }) =>
                (verdict === "better" && against === name) || (verdict === "worse" && condition === name),
            );
          for (const name of best) expect(loses(name) && best.length === 1).toBe(false);
          if (line!.heading === "Best")
            for (const { condition, against, verdict } of comparisons)
              if ([condition, against].includes(best[0]!)) expect(isDifferent(verdict)).toBe(true);
          if (comparisons.every(({ verdict }) => !isDifferent(verdict))) expect(best).toEqual([]);
        },
      ),
      draws(25, 100),
    );
  });

  it("gives the lead as positive where the better one is lower, with the interval turned with it", () => {
    const rows = rowsOf([0.9, 0.3], 80, 2).map(({ accuracy, ...row }) => ({
      ...row,
      errors: 10 * accuracy + (Number(row.itemId) % 3),
    }));
    const analysis = analyse(rows, { metrics: ["errors"], resamples: 200 });
    const [line] = verdictPanel(analysis, { accounting: all }).lines;
    expect(line).toMatchObject({ heading: "Best", names: ["c1"] });
    expect(line!.lead).toMatch(/^\d+\.\d+ \[\d+\.\d+, \d+\.\d+\] over c0 \(adjusted p < \.001\)$/);
    const [, low, high] = /\[(.*), (.*)\]/.exec(line!.lead!)!.map(Number);
    expect(low).toBeLessThan(high!);
  });

  it("says which are better than a baseline where only that was tested, and ranks nothing beyond it", () => {
    const analysis = analysed([0.3, 0.9, 0.85], 100, 3, { baseline: "c0" });
    const { lines } = verdictPanel(analysis, { accounting: all });
    expect(lines).toMatchObject([{ heading: "2 of 2 are better than c0", names: ["c1", "c2"] }]);
    expect(lines[0]!.lead).toMatch(/ over c0 /);
    expect(verdictPanel(analysed([0.9, 0.3], 100, 3, { baseline: "c0" }), { accounting: all }).lines[0]!.heading).toBe(
      "Best",
    );
  });

  it("names conditions without a value, and never says of them that they have the same", () => {
    const rows = rowsOf([0.5, 0.5, 0.5], 40, 4).map(({ accuracy, ...row }) =>
      row.condition === "c2" ? { ...row, other: 1 } : { ...row, accuracy: Number(row.itemId) % 2 || accuracy * 0 },
    );
    const analysis = analyse(rows, { metrics: ["accuracy"], resamples: 200 });
    const { lines, notes } = verdictPanel(analysis, { accounting: all });
    expect(lines).toMatchObject([{ heading: "No condition stands out: the 2 with a value have the same value" }]);
    expect(notes).toEqual(["No value, and so not compared: c2."]);
  });

  it("has none for a run with faults, one that tested nothing, or one without a result", async () => {
    const faulted = await exampleReport({ faults: "the executor rejects" });
    expect(faulted.verdict).toMatchObject({ lines: [], ranks: [], facts: [{ warning: true }, {}, {}, {}] });
    expect(verdictPanel(analysed([0.5, 0.5]), { accounting: { ...all, succeeded: 0 } }).lines).toEqual([]);
    expect(verdictPanel(analysed([0.5]), { accounting: all }).lines).toMatchObject([
      { heading: "One condition, compared with no other", names: ["c0"] },
    ]);
  });

  it("says what was lost, what is still to run, and what a task of the best costs and takes", () => {
    const spent = new Map<string, Spent>([["c0", { tasks: 4, ms: 10, cost: 1, costed: 2 }]]);
    const accounting = { planned: 12, succeeded: 5, failed: 1, skipped: 2, unscored: 1, pending: 3 };
    const context = { accounting, spent, currency: "usd", cost: 1.5, wallMs: 65_000 };
    const { facts, lines } = verdictPanel(analysed([0.99, 0.1], 80), context);
    expect(facts.map(({ text }) => text)).toEqual([
      "Partial: 3 of 12 tasks to run",
      "80 items",
      "1 failed, 2 skipped, 1 unscored of 12 tasks",
      "cost 1.50 USD",
      "took 1.1 min",
    ]);
    expect(lines[0]).toMatchObject({ names: ["c0"], cost: "0.50 USD (2 not priced)", time: "2.50 ms" });
  });

  it("begins with what people's labels make of it, the raw numbers beside it, in every format: a judge that favours one is found out", async () => {
    const random = stream(5, "judge");
    const items = Array.from({ length: 300 }, (_, i) => ({ itemId: `i${i}`, right: [random() < 0.7, random() < 0.5] }));
    const rows = items.flatMap(({ itemId, right }) =>
      right.map((isRight, c) => ({
        condition: `c${c}`,
        itemId,
        accuracy: Number(isRight || (c === 1 && random() < 0.8)), // blind to the errors of the second
      })),
    );
    const labels = rows.flatMap(({ itemId, condition }, ordinal): Label[] => {
      const right = items.find((item) => item.itemId === itemId)!.right[Number(condition.slice(1))];
      return random() < 0.4 ? [{ ordinal, rater: "ada", rubric: "r", label: right ? "C" : "I", at: "2026-11-29" }] : [];
    });
    const judged = rows.map(({ accuracy: value, ...row }, ordinal) => ({ ...row, ordinal, value }));
    const analysis = analyse(rows, { metrics: ["accuracy"], resamples: 200 });
    const manifest = exampleManifest(["c0", "c1"], ["accuracy"], {}, 300);
    const report = await buildReport({ manifest, analysis, labels: analyseLabels(labels, judged, "accuracy")! });
    expect(report.verdict.lines[0]).toMatchObject({ heading: "Best", names: ["c1"] });
    const [levels, lead] = report.verdict.corrected;
    expect(levels).toMatch(
      /^By the labels of people \(PPI\+\+, \d+ of 600 answers\): c0 [67]\d\.\d % \[.*\], as scored [67]\d\.\d %; c1 [45]\d\.\d % \[.*\], as scored [89]\d\.\d %$/,
    );
    expect(lead).toMatch(
      /^Corrected lead of c0 over c1: (1|2)\d\.\d+ points \[\d.*\]; as scored -(1|2)\d\.\d, the other way$/,
    );
    const bare = (text: string): string => text.normalize("NFKD").replace(/[^\p{L}\p{N}.%]/gu, "");
    for (const format of ["markdown", "terminal", "jupyter", "latex", "html", "json"] as const) {
      const text = bare(renderers[format](report));
      const [place, raw] = [text.indexOf(bare(levels!)), text.indexOf(bare(`${report.verdict.lines[0]!.heading}c1`))];
      expect([format, place >= 0, raw < 0 || place < raw]).toEqual([format, true, true]);
    }
    expect(verdictSentences(report.verdict).slice(1, 3)).toEqual([`${levels}.`, `${lead}.`]);
    expect(verdictPanel(analysis, { accounting: all }).corrected).toEqual([]);
  });

  it("is what every format begins with, word by word", async () => {
    const report = await exampleReport();
    const bare = (text: string): string => text.normalize("NFKD").replace(/[^\p{L}\p{N}.%]/gu, "");
    const texts = {
      markdown: renderers.markdown(report),
      short: markdownShort(report),
      terminal: renderers.terminal(report),
      jupyter: (JSON.parse(renderers.jupyter(report)) as { cells: { source: string[] }[] }).cells[0]!.source.join(""),
      latex: renderers
        .latex(report)
        .replaceAll("\\textquotedbl{}", '"')
        .replaceAll("$\\uparrow$", "")
        .replaceAll("$\\downarrow$", ""),
    };
    const sentences = verdictSentences(report.verdict as VerdictPanel);
    expect(sentences.length).toBeGreaterThan(5);
    for (const [format, text] of Object.entries(texts)) {
      const places = sentences.map((sentence) => bare(text).indexOf(bare(sentence)));
      expect([format, places.every((place) => place >= 0)]).toEqual([format, true]);
      const findings = bare(text).search(/FindingsDecided|Abstract/);
      if (findings > 0) expect(places[0]).toBeLessThan(findings);
    }
  });
});
