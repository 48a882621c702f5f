import type { Analysis, MetricAnalysis } from "#src/analysis/analysis";
import type { GateResult } from "#src/analysis/gates";
import { isDifferenceGate } from "#src/experiment/gates";
import { absentCell, differenceCell, estimateCell, exact, plain, type Scale, scaleOf, textCell } from "./cell.ts";
import { cut } from "./cut.ts";
import type { Block, Cell, ReportTable, TableRow } from "./report.ts";

/** Id of the table of gates, for the format that is about nothing else. */
export const GATES = "gates";

/** Words in the verdict of a gate. */
export const gateWords = { passed: "passed", missed: "missed" } as const;

/** Behind the verdict of a gate that was asked only after the first task. */
const AFTERWARDS = "(asked after the first task: does not count)";

/** What was asked of the results, and whether they are so. */
export function gatesBlocks(
  gates: readonly GateResult[],
  { metrics, options }: Pick<Analysis, "metrics" | "options">,
): Block[] {
  if (gates.length === 0) return [];
  const percent = Math.round(options.confidenceInterval * 1000) / 10;
  const table: ReportTable = {
    id: GATES,
    caption: "What was asked of the results",
    columns: [
      { id: "gate", label: "Gate", align: "left" },
      { id: "asked", label: "Asked", align: "left" },
      { id: "measured", label: "Measured", align: "right" },
      { id: "verdict", label: "Verdict", align: "left" },
    ],
    rows: gates.map((result) => gateRow(result, metrics)),
    notes: [
      ...(gates.some(({ gate }) => isDifferenceGate(gate))
        ? [
            `A difference passes when its whole ${percent} % interval is better than the loss that is allowed; a level passes by itself.`,
          ]
        : []),
      ...gates.flatMap(({ gate, why }) =>
        why && isDifferenceGate(gate)
          ? [`${gate.metric}, ${gate.difference.map(short).join(" against ")}: ${why}.`]
          : [],
      ),
    ],
  };
  return [{ kind: "table", table }];
}

function gateRow(result: GateResult, metrics: readonly MetricAnalysis[]): TableRow {
  const { gate } = result;
  const analysed = metrics.find(({ metric }) => metric.name === gate.metric);
  const scale = analysed && scaleOf(analysed);
  const [condition, against] = isDifferenceGate(gate) ? gate.difference : [gate.condition, undefined];
  return {
    key: {
      metric: short(gate.metric),
      condition: short(condition),
      ...(against === undefined ? {} : { against: short(against) }),
    },
    cells: [
      textCell(
        `${short(gate.metric)}: ${short(condition)}${against === undefined ? "" : ` against ${short(against)}`}`,
      ),
      textCell(asked(result, scale)),
      measuredCell(result, scale),
      verdictCell(result),
    ],
  };
}

function verdictCell({ passed, afterwards }: GateResult): Cell {
  const word = passed ? gateWords.passed : gateWords.missed;
  return afterwards ? textCell(`${word} ${AFTERWARDS}`) : textCell(word, passed ? "up" : "down");
}

const short = (name: string): string => cut(name, 120);

function asked({ gate }: GateResult, scale: Scale | undefined): string {
  const bound = (value: number, unit = ""): string => `${exact(value * (scale?.factor ?? 1))}${unit ? ` ${unit}` : ""}`;
  if (isDifferenceGate(gate)) return `not worse than by ${bound(gate.notWorseThan, scale?.differenceUnit)}`;
  return gate.atLeast === undefined
    ? `at most ${bound(gate.atMost, scale?.unit)}`
    : `at least ${bound(gate.atLeast, scale?.unit)}`;
}

function measuredCell({ gate, measured }: GateResult, scale: Scale | undefined): Cell {
  if (!scale) return absentCell("not measured");
  return isDifferenceGate(gate) ? differenceCell({ difference: measured }, scale) : estimateCell(measured, scale);
}

/** @example gateSentence({ gate: { metric: "accuracy", condition: "new", atLeast: 0.8 }, passed: false, measured: { value: { ok: false, error: "not measured" }, interval: { ok: false } } }) // => "accuracy of new: not measured, asked at least 0.8" */
export function gateSentence({ gate, measured: { value, interval }, why }: GateResult): string {
  const level = value.ok ? `measured ${plain(value.value)}` : value.error;
  if (!isDifferenceGate(gate)) {
    const wanted = gate.atLeast === undefined ? `at most ${gate.atMost}` : `at least ${gate.atLeast}`;
    return `${short(gate.metric)} of ${short(gate.condition)}: ${level}, asked ${wanted}`;
  }
  const range = interval.ok ? ` [${plain(interval.value.low)}, ${plain(interval.value.high)}]` : "";
  const because = why === undefined ? "" : ` (${why})`;
  return `${short(gate.metric)} of ${gate.difference.map(short).join(" against ")}: ${level}${range}, asked not worse than by ${gate.notWorseThan}${because}`;
}
