import type { Analysis } from "#src/analysis/analysis";
import { estimateCell, scaleOf, textCell } from "./cell.ts";
import type { Block, ReportTable } from "./report.ts";

/** Where tasks failed: the results with failed tasks left out and with failed tasks as 0, and what that changes. */
export function readingsBlocks({ metrics, conditions, accounting }: Analysis): Block[] {
  const both = metrics.filter(({ otherReading }) => otherReading !== undefined);
  if (accounting.failed === 0) return [];
  if (both.length === 0) {
    return [
      {
        kind: "paragraph",
        text: `${accounting.failed} tasks failed. No metric here can count a failure as 0: only where higher is better is 0 no good value. They are left out.`,
      },
    ];
  }
  const name = (failedAs: "missing" | 0): string => (failedAs === 0 ? "failed as 0" : "failed left out");
  const table: ReportTable = {
    id: "readings",
    caption: "Results under both ways of counting failed tasks",
    columns: [
      { id: "metric", label: "Metric", align: "left" },
      { id: "condition", label: "Condition", align: "left" },
      { id: "used", label: `Used: ${name(both[0]!.failedAs)}`, align: "right" },
      { id: "other", label: `Other: ${name(both[0]!.otherReading!.failedAs)}`, align: "right" },
    ],
    rows: both.flatMap((analysed) =>
      conditions.map((condition, c) => ({
        key: { metric: analysed.metric.name, condition: condition.name },
        cells: [
          textCell(analysed.metric.name),
          textCell(condition.name),
          estimateCell(analysed.summaries[c]!.estimate, scaleOf(analysed)),
          estimateCell(analysed.otherReading!.summaries[c]!.estimate, scaleOf(analysed)),
        ],
      })),
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
            ? "Counting failed tasks the other way changes no conclusion."
            : "Nothing was compared: counting failed tasks the other way shifts the levels as the table says.",
        },
  ];
}
