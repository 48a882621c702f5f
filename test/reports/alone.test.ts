import { parse } from "csv-parse/sync";
import { expect, it } from "vitest";
import { type Analysis, analyse } from "#src/analysis/index";
import { stream } from "#src/kernel/random";
import { buildReport, type Report, renderers } from "#src/reports/index";
import { sortedPairs } from "#src/reports/pairs";
import { exampleManifest } from "./manifest.ts";

const names = ["a", "b", "c", "d"];

function analysed(conditions: readonly string[]): Analysis {
  const random = stream(7, "rows");
  const rows = Array.from({ length: 80 * conditions.length }, (_, i) => ({
    condition: conditions[i % conditions.length]!,
    itemId: Math.floor(i / conditions.length),
    score: random() + 0.1 * (i % conditions.length),
  }));
  return analyse(rows, { metrics: ["score"] });
}

const reportOf = (analysis: Analysis): Promise<Report> =>
  buildReport({
    manifest: exampleManifest(
      analysis.conditions.map(({ name }) => name),
      ["score"],
    ),
    analysis,
  });

it("CSV has both intervals of each difference with all digits, and says which is which", async () => {
  const analysis = analysed(names);
  const records = parse(renderers.csv(await reportOf(analysis)), { columns: true }) as Record<string, string>[];
  const of = (column: string) => records.filter((one) => one.table === "pairs-score" && one.column === column);
  const comparisons = sortedPairs(analysis.metrics[0]!, undefined);
  expect(of("difference_alone").map(({ low, high }) => [Number(low), Number(high)])).toEqual(
    comparisons.map(({ alone }) => alone.ok && [alone.value.low, alone.value.high]),
  );
  expect(of("difference").map(({ low, high }) => [Number(low), Number(high)])).toEqual(
    comparisons.map(({ difference: { interval } }) => interval.ok && [interval.value.low, interval.value.high]),
  );
  expect(new Set(of("difference_alone").map(({ text }) => text))).toEqual(new Set(["95 %, this pair alone"]));
});

it("figures draw both and say which is which; where they are one there is one", async () => {
  const many = renderers.html(await reportOf(analysed(names)));
  expect(many).toContain(
    "Thin lines: 95 % simultaneous over 6 pairs. Thick lines: the interval of each pair by itself.",
  );
  expect(many.match(/class="alone /g)).toHaveLength(6);
  expect(renderers.latex(await reportOf(analysed(names)))).toMatch(
    /caption\{Differences in score, intervals: 95 .{0,4}\s?simultaneous over 6 pairs/,
  );
  const single = renderers.html(await reportOf(analysed(names.slice(0, 2))));
  expect(single).not.toMatch(/class="alone |Thick lines/);
  expect(renderers.csv(await reportOf(analysed(names.slice(0, 2))))).not.toContain("difference_alone");
});
