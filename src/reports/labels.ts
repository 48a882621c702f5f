import type { Analysis } from "#src/analysis/analysis";
import type { LabelAnalysis } from "#src/analysis/label-agreement";
import { type Estimate, noEstimate } from "#src/analysis/quantity";
import { count, countCell, differenceCell, estimateCell, type Scale, scaleOf, textCell } from "./cell.ts";
import { cut } from "./cut.ts";
import type { Block, ReportTable } from "./report.ts";

const plain: Scale = { factor: 1, decimals: 2, unit: "", differenceUnit: "" };
const percent: Scale = { factor: 100, decimals: 1, unit: "%", differenceUnit: "points" };

/** Labels of a condition below which the normal interval is not to be trusted. */
export const FEW_LABELS = 30;

const alone = (value: number): Estimate => ({ value: { ok: true, value }, interval: { ok: false, error: "" } });

/** What people's labels say of one another and of the metric that they are held against. */
export function labelBlocks(labels: LabelAnalysis | undefined, analysis?: Analysis): Block[] {
  if (!labels) return [];
  const primary = analysis?.metrics.find((each) => each.metric.name === labels.metric);
  const scale = primary ? scaleOf(primary) : plain;
  const shown = scale.unit === "" ? "" : ` (${scale.unit})`;
  const { metric, rubric, otherRubrics, raters, answers, alpha, ac1, confusion, divided } = labels;
  const { words, beyond, takenBack, corrected, differences, intervals } = labels;
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
      ...(words > 0
        ? [
            `Labels that are neither a verdict (C, I, P, N, yes, no, right, wrong) nor a number: ${count(words)}; no mean counts them.`,
          ]
        : []),
      ...(beyond > 0
        ? [
            `Labels that are numbers beyond those of ${cut(metric, 120)}, 0 to 1: ${count(beyond)}; no mean counts them.`,
          ]
        : []),
      ...(takenBack ? [`Labels that their raters took back, which do not count: ${count(takenBack)}.`] : []),
      ...(otherRubrics > 0 ? [`${count(otherRubrics)} labels by earlier rubrics are left out.`] : []),
    ],
  };
  const isBinary = corrected.some(({ roganGladen }) => roganGladen !== undefined);
  const means: ReportTable = {
    id: "labels-corrected",
    caption: `${metric}, corrected by the labels`,
    columns: [
      { id: "condition", label: "Condition", align: "left" },
      { id: "labelled", label: "Labelled", align: "right" },
      { id: "answers", label: "Answers", align: "right" },
      { id: "corrected", label: `Corrected${shown}, 95 % interval`, align: "right" },
      { id: "raw", label: `As scored${shown}`, align: "right" },
      ...(isBinary ? [{ id: "rogan-gladen", label: `Rogan and Gladen${shown}`, align: "right" as const }] : []),
    ],
    rows: corrected.map(({ condition, labelled, answers: all, raw, estimate, roganGladen }) => ({
      key: { condition, metric },
      cells: [
        textCell(condition),
        countCell(labelled),
        countCell(all),
        estimateCell(estimate, scale),
        estimateCell(alone(raw), scale),
        ...(isBinary ? [estimateCell(roganGladen ?? noEstimate("not yes or no"), scale)] : []),
      ],
    })),
    notes: [
      "Prediction-powered inference (PPI++): what people would have said of all answers, where those labelled are a random sample of them.",
      ...(isBinary
        ? [
            "Rogan and Gladen: the share as scored, corrected by the sensitivity and the specificity in the condition; the labelled answers need not be a random sample where these are the same in all.",
          ]
        : []),
      ...(corrected.some(({ labelled, estimate }) => estimate.value.ok && labelled < FEW_LABELS)
        ? [`Of fewer than ${FEW_LABELS} labels of a condition, the intervals are too narrow.`]
        : []),
    ],
  };
  const pairs: ReportTable = {
    id: "labels-differences",
    caption: `Differences of ${metric}, corrected by the labels`,
    columns: [
      { id: "condition", label: "Condition", align: "left" },
      { id: "against", label: "Against", align: "left" },
      { id: "items", label: "Items", align: "right" },
      { id: "corrected", label: `Corrected difference${shown}, ${intervals}`, align: "right" },
      { id: "raw", label: `As scored${shown}`, align: "right" },
    ],
    rows: differences.map(({ condition, against, items, raw, estimate }) => ({
      key: { condition, against, metric },
      cells: [
        textCell(condition),
        textCell(against),
        countCell(items),
        differenceCell({ difference: estimate }, scale),
        differenceCell({ difference: alone(raw) }, scale),
      ],
    })),
    notes: [],
  };
  return [
    {
      kind: "paragraph",
      text: `${count(answers)} answers are labelled by people: ${cut(who, 400)}. Rubric: ${cut(rubric, 400)}`,
    },
    ...(agreement.rows.length > 0 ? [{ kind: "table" as const, table: agreement }] : []),
    { kind: "table", table: means },
    ...(differences.length > 0 ? [{ kind: "table" as const, table: pairs }] : []),
  ];
}
