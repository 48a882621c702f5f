import type { LabelAnalysis } from "#src/analysis/label-agreement";
import { count, countCell, estimateCell, type Scale, textCell } from "./cell.ts";
import { cut } from "./cut.ts";
import type { Block, ReportTable } from "./report.ts";

const plain: Scale = { factor: 1, decimals: 2, unit: "", differenceUnit: "" };
const percent: Scale = { factor: 100, decimals: 1, unit: "%", differenceUnit: "points" };

/** What people's labels say of one another and of the metric that they are held against. */
export function labelBlocks(labels: LabelAnalysis | undefined): Block[] {
  if (!labels) return [];
  const { metric, rubric, otherRubrics, raters, answers, alpha, ac1, confusion, divided, corrected } = labels;
  const who = raters.map((one) => `${cut(one.rater, 100)} (${count(one.labels)})`).join(", ");
  const agreement: ReportTable = {
    id: "labels-agreement",
    caption: `People's labels, and ${metric} against them`,
    columns: [
      { id: "what", label: "What", align: "left" },
      { id: "value", label: "Value, 95 % interval", align: "right" },
    ],
    rows: [
      ...(alpha ? [["Raters: Krippendorff's alpha", estimateCell(alpha, plain)] as const] : []),
      ...(ac1 ? [["Raters: Gwet's AC1", estimateCell(ac1, plain)] as const] : []),
      ...(confusion
        ? [
            ["Sensitivity (%): right ones called right", estimateCell(confusion.sensitivity, percent)] as const,
            ["Specificity (%): wrong ones called wrong", estimateCell(confusion.specificity, percent)] as const,
            ["Verdicts as people's (%)", estimateCell(confusion.accuracy, percent)] as const,
          ]
        : []),
    ].map(([what, cell]) => ({ key: {}, cells: [textCell(what), cell] })),
    notes: [
      ...(divided > 0
        ? [`${count(divided)} answers on which raters are divided are left out of sensitivity and specificity.`]
        : []),
      ...(otherRubrics > 0 ? [`${count(otherRubrics)} labels by earlier rubrics are left out.`] : []),
    ],
  };
  const means: ReportTable = {
    id: "labels-corrected",
    caption: `${metric}, corrected by the labels`,
    columns: [
      { id: "condition", label: "Condition", align: "left" },
      { id: "labelled", label: "Labelled", align: "right" },
      { id: "answers", label: "Answers", align: "right" },
      { id: "raw", label: "As scored", align: "right" },
      { id: "corrected", label: "Corrected, 95 % interval", align: "right" },
    ],
    rows: corrected.map(({ condition, labelled, answers: all, raw, estimate }) => ({
      key: { condition, metric },
      cells: [
        textCell(condition),
        countCell(labelled),
        countCell(all),
        estimateCell({ value: { ok: true, value: raw }, interval: { ok: false, error: "" } }, plain),
        estimateCell(estimate, plain),
      ],
    })),
    notes: [
      "Prediction-powered inference (PPI++): what people would have said of all answers, where those labelled are a random sample of them.",
    ],
  };
  return [
    {
      kind: "paragraph",
      text: `${count(answers)} answers are labelled by people: ${cut(who, 400)}. Rubric: ${cut(rubric, 400)}`,
    },
    ...(agreement.rows.length > 0 ? [{ kind: "table" as const, table: agreement }] : []),
    { kind: "table", table: means },
  ];
}
