import type { Analysis } from "#src/analysis/analysis";
import { estimateCell, scaleOf, textCell } from "./cell.ts";
import { NO_ROW } from "./failed.ts";
import { countedAs, countedWords } from "./failed-words.ts";
import type { Block, ReportTable } from "./report.ts";
import { listed } from "./words.ts";

/** Where tasks failed: the results with failed tasks left out and counted as the worst value, and what that changes. */
export function readingsBlocks({ metrics, conditions, accounting }: Analysis): Block[] {
  if (accounting.failed === 0) return [];
  const both = metrics.filter(({ otherReading }) => otherReading !== undefined);
  const one = metrics.filter(({ otherReading }) => otherReading === undefined).map(({ metric }) => metric.name);
  const left: Block[] =
    one.length === 0
      ? []
      : [
          {
            kind: "paragraph",
            text: `${listed(one)} ${one.length === 1 ? "is" : "are"} of the rows of tasks that ended. ${NO_ROW}`,
          },
        ];
  if (both.length === 0) return left;
  const table: ReportTable = {
    id: "readings",
    caption: "Results with failed tasks left out, and with failed tasks counted",
    columns: [
      { id: "metric", label: "Metric", align: "left" },
      { id: "condition", label: "Condition", align: "left" },
      { id: "left", label: "Failed left out", align: "right" },
      { id: "counted", label: "Failed counted", align: "right" },
      { id: "as", label: "Counted as", align: "left" },
      { id: "used", label: "Conclusions rest on", align: "left" },
    ],
    rows: both.flatMap((analysed) =>
      conditions.map((condition, c) => {
        const { summaries, otherReading, failedAs, kind } = analysed;
        const readings = [summaries, otherReading!.summaries].map((each) => each[c]!.estimate);
        const [ended, counted] = failedAs === "missing" ? readings : readings.toReversed();
        return {
          key: { metric: analysed.metric.name, condition: condition.name },
          cells: [
            textCell(analysed.metric.name),
            textCell(condition.name),
            estimateCell(ended!, scaleOf(analysed)),
            estimateCell(counted!, scaleOf(analysed)),
            textCell(countedWords(countedAs(analysed), kind)),
            textCell(failedAs === "missing" ? "failed left out" : "failed counted"),
          ],
        };
      }),
    ),
    notes: [],
  };
  const changes = both.flatMap(({ metric, otherReading }) =>
    otherReading!.changed.map(
      ({ condition, against, from, to }) => `${metric.name}, ${condition} against ${against}: ${from} becomes ${to}.`,
    ),
  );
  return [
    { kind: "table", table },
    ...left,
    changes.length > 0
      ? {
          kind: "list",
          items: [
            `Counting failed tasks the other way changes ${changes.length} ${changes.length === 1 ? "conclusion" : "conclusions"}.`,
            ...changes,
          ],
        }
      : {
          kind: "paragraph",
          text: both.some(({ comparisons }) => comparisons.length > 0)
            ? `Counting failed tasks the other way changes no conclusion${one.length === 0 ? "" : ` about ${listed(both.map(({ metric }) => metric.name))}`}.`
            : "Nothing was compared: counting failed tasks the other way shifts the levels as the table says.",
        },
  ];
}
