import fc from "fast-check";
import { expect, it } from "vitest";
import type { Format } from "#src/experiment/options";
import { csvSteps } from "#src/reports/csv";
import { htmlSteps } from "#src/reports/html";
import { type Block, type Report, renderers, renderInSlices, tablesOf } from "#src/reports/index";
import { jsonSteps } from "#src/reports/json";
import { jupyterSteps } from "#src/reports/jupyter";
import { latexSteps } from "#src/reports/latex";
import { markdownSteps } from "#src/reports/markdown";
import { terminalSteps } from "#src/reports/terminal";
import { draws } from "../runs.ts";
import { exampleReport, hostileReport } from "./examples.ts";

it.each(Object.keys(renderers) as (Format | "terminal")[])(
  "gives the same text in slices as at once: %s",
  async (format) => {
    for (const report of [await exampleReport(), await hostileReport()])
      expect(await renderInSlices(format, report)).toBe(renderers[format](report));
  },
);

it("writes any value as JSON.stringify does with two blanks", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.array(fc.jsonValue(), { minLength: 20, maxLength: 40 }), (a, b) => {
      const report = { a, b, c: [b, { d: b, e: undefined }] } as unknown as Report;
      expect(renderers.json(report)).toBe(`${JSON.stringify(report, null, 2)}\n`);
    }),
    draws(100),
  );
});

it("stops at every block and at every few items, so that no report holds a process up", async () => {
  const report = await exampleReport();
  const blocks = report.sections.flatMap((section) => section.blocks);
  const tables = blocks.filter(({ kind }) => kind === "table");
  const stops = (steps: Generator<void, string, void>): number => {
    let count = 0;
    while (!steps.next().done) count += 1;
    return count;
  };
  for (const steps of [markdownSteps, latexSteps, htmlSteps])
    expect(stops(steps(report))).toBeGreaterThanOrEqual(blocks.length);
  expect(stops(csvSteps(report))).toBeGreaterThanOrEqual(tables.length + report.items.items.length);
  const rows = { rows: Array.from({ length: 1000 }, (_, row) => ({ row })) } as unknown as Report;
  expect(stops(jsonSteps(rows))).toBeGreaterThanOrEqual(50);
});

it("stops at every row of a table and of a figure, which may be a thousand pairs", async () => {
  const report = await exampleReport();
  const [table] = tablesOf(report);
  const rows = Array.from({ length: 1000 }, () => table!.rows[0]!);
  const marks = Array.from({ length: 1000 }, (_, i) => ({ label: `a − b${i}`, value: i, low: i, high: i, text: "1" }));
  const blocks: Block[] = [
    { kind: "table", table: { ...table!, rows } },
    {
      kind: "figure",
      figure: { id: "f", title: "f", description: "f", chart: { type: "intervals", unit: "", rows: marks } },
    },
  ];
  const long: Report = { ...report, sections: [{ id: "s", title: "s", blocks, inShort: true }] };
  for (const steps of [markdownSteps, latexSteps, htmlSteps, csvSteps, jupyterSteps, terminalSteps]) {
    let stops = 0;
    const made = steps(long);
    while (!made.next().done) stops += 1;
    expect(stops).toBeGreaterThanOrEqual(steps === htmlSteps ? 2000 : 1000);
  }
});
