import { expect, it } from "vitest";
import { analyse, type PlainRow } from "#src/analysis/index";
import { buildReport, type Report, renderers, tablesOf } from "#src/reports/index";
import { terminal } from "#src/reports/terminal";
import { rendererContract } from "#src/testing/renderer-contract";
import { hostileTexts } from "./examples.ts";
import { exampleManifest } from "./manifest.ts";
import { readCsv, readHtml, readJson, readLatex, readMarkdown, readNotebook } from "./read-back.ts";

/** Two conditions of which the second gains in every other group. */
const rowsBy = (groups: readonly string[]): PlainRow[] =>
  groups.flatMap((topic, g) =>
    Array.from({ length: 24 }, (_, i) => i).flatMap((i) =>
      ["plain", "tuned"].map((condition, c) => ({
        condition,
        itemId: `${g}-${i}`,
        topic,
        accuracy: i < 12 + (c === 0 ? 0 : g % 2 === 0 ? 9 : -9),
        latency: 10 + i + c * g,
      })),
    ),
  );

const reportOf = (groups: readonly string[], decidedSlices: readonly string[] = []): Promise<Report> =>
  buildReport({
    manifest: exampleManifest(["plain", "tuned"], ["accuracy", "latency"]),
    analysis: analyse(rowsBy(groups), { metrics: ["accuracy", "latency"], by: ["topic"], decidedSlices }),
  });

/** What every format is asked about. */
const both = Promise.all([reportOf(["law", "art", "music"]), reportOf(hostileTexts)]);

const ofSlices = (report: Report) => tablesOf(report).filter(({ id }) => id.startsWith("slice-"));

const readers = {
  markdown: readMarkdown,
  html: readHtml,
  latex: readLatex,
  csv: readCsv,
  json: readJson,
  jupyter: readNotebook,
} as const;

it.each(Object.keys(readers) as (keyof typeof readers)[])(
  "groups stand in %s with every digit, whatever their names",
  async (format) => {
    const [report, hostile] = await both;
    expect(ofSlices(report).map(({ id }) => id.replace(/^slice-1-/, ""))).toHaveLength(6);
    expect(ofSlices(hostile).flatMap(({ rows }) => rows).length).toBeGreaterThan(40);
    for (const law of rendererContract({ renderer: renderers[format], readBack: readers[format], report, hostile }))
      await law.check();
  },
);

it("groups are named in every format that people read, the terminal included", async () => {
  const report = await reportOf(["law", "art"], ["topic"]);
  for (const text of [
    renderers.markdown(report),
    renderers.html(report),
    renderers.latex(report),
    terminal({ ...report, sections: report.sections.map((one) => ({ ...one, inShort: true })) }),
  ]) {
    expect(text).toMatch(/topic = law/);
    expect(text).toMatch(/topic = art/);
    expect(text).toContain("Decided before the first task.");
  }
  expect(renderers.csv(report)).toMatch(/slice-1-1-pairs[^\r\n]*topic = law,accuracy/);
});

it("slices that were not decided are marked at each table", async () => {
  const report = await reportOf(["law", "art"]);
  for (const { caption } of ofSlices(report)) expect(caption).toContain("(exploratory)");
  expect(renderers.markdown(report)).toContain("Exploratory: this was not decided before the first task");
});
