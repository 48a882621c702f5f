import { beforeAll, describe, expect, it } from "vitest";
import { analyse } from "#src/analysis/index";
import { buildReport, markdownShort, type Report, renderers } from "#src/reports/index";
import { exampleReport } from "./examples.ts";
import { exampleManifest } from "./manifest.ts";

/** A sentence without what a format may make of it: marks, quotes, minus signs, comparison signs, breaks, and every other sign that is not a letter or digit. */
const bare = (text: string): string => text.normalize("NFKD").replace(/[^\p{L}\p{N}.%]/gu, "");

/** The text of each format without its markup. */
const readers: Readonly<Record<string, (report: Report) => string>> = {
  markdown: (report) => renderers.markdown(report).replaceAll("\\<", "<"),
  short: (report) => markdownShort(report).replaceAll("\\<", "<"),
  terminal: (report) => renderers.terminal(report),
  html: (report) =>
    renderers
      .html(report)
      .replace(/<[a-z/!][^>]*>/g, " ")
      .replaceAll("&quot;", '"')
      .replaceAll("&#39;", "'")
      .replaceAll("&lt;", "<"),
  latex: (report) =>
    renderers
      .latex(report)
      .replaceAll("\\textquotedbl{}", '"')
      .replaceAll("\\textquotesingle{}", "'")
      .replaceAll("\\textless{}", "<")
      .replaceAll("$\\leq$", "≤")
      .replaceAll("\\allowbreak{}", ""),
};

let report: Report;
let partial: Report;
let faulted: Report;
let losing: Report;
beforeAll(async () => {
  report = await exampleReport();
  partial = await exampleReport({ planned: 720 });
  faulted = await exampleReport({ faults: "the executor rejects" });
  losing = await losingReport();
});

/** Two conditions with and without broken tools, of which one loses all of its items. */
async function losingReport(): Promise<Report> {
  const rule = { target: "tool", fault: "error" } as const;
  const conditions = ["a b", "c_d"].flatMap((of) =>
    ["clean", "<slow"].map((level) => ({
      name: `${of} @ ${level}`,
      faults: { level, of, rules: level === "clean" ? [] : [rule] },
    })),
  );
  const rows = conditions.flatMap(({ name, faults: { of, level } }) =>
    Array.from({ length: 20 }, (_, itemId) => ({
      condition: name,
      itemId,
      accuracy: Number(of === "c_d" || level === "clean" || itemId < 5),
      faults: level === "clean" ? [] : [{ rule: 0, on: "tool:look", calls: 1, struck: 1 }],
    })),
  );
  const analysis = analyse(rows, { metrics: ["accuracy"], conditions, resamples: 100 });
  return buildReport({
    manifest: exampleManifest(
      conditions.map(({ name }) => name),
      ["accuracy"],
      {},
      20,
    ),
    analysis,
  });
}

describe("a report", () => {
  it.each(Object.keys(readers))("says the same findings, word by word and digit by digit, in %s", (format) => {
    const text = bare(readers[format]!(report));
    const blocks = report.sections.find(({ id }) => id === "findings")!.blocks;
    const sentences = blocks.flatMap((block) =>
      block.kind === "list" ? [block.title ?? "", ...block.items] : "text" in block ? [block.text] : [],
    );
    expect(sentences.length).toBeGreaterThan(6);
    for (const sentence of sentences) expect(text).toContain(bare(sentence));
  });

  it.each(Object.keys(readers))("says in %s whether one condition loses more than another under faults", (format) => {
    const [sentence] = losing.verdict.losses;
    expect(sentence).toMatch(
      /^a b loses 75.0 points more than c_d under <slow \[[\d.]+, [\d.]+\] \(adjusted p < .001\)$/,
    );
    expect(bare(readers[format]!(losing))).toContain(bare(sentence!));
  });

  it.each(Object.keys(readers))(
    "says in %s what came of a run that is not complete, and of one with faults",
    (format) => {
      const warning = partial.sections[0]!.blocks.find(({ kind }) => kind === "warning");
      expect(warning).toMatchObject({ kind: "warning", text: expect.stringMatching(/^Partial: 360 of 720 tasks/) });
      expect(bare(readers[format]!(partial))).toContain(bare("Partial: 360 of 720 tasks are still to run."));
      expect(bare(readers[format]!(partial))).toContain(bare("items so far"));
      const text = bare(readers[format]!(faulted));
      expect(text).toContain(bare("Faults were injected into this run (the executor rejects)"));
      expect(text).not.toMatch(/(better|worse)than|isbest|Bestgroup|standsout|adjustedp.\.\d/);
    },
  );
});
