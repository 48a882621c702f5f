import { pathFrom } from "#src/app/suite/paths";
import {
  aggregateText,
  gateWords,
  type SuiteExperimentResult,
  type SuiteReport,
  statusCounts,
  statusWords,
  weightWords,
} from "#src/app/suite/suite-report";
import { count, money } from "#src/reports/cell";
import { widthOf, wrapped } from "#src/reports/terminal";
import { verdictSentences } from "#src/reports/verdict-words";
import { accountingLine } from "#src/reports/words";
import type { Line } from "./colour.ts";
import { estimateLines } from "./estimate-lines.ts";
import { pathFromHere } from "./print.ts";
import { doneWords } from "./progress.ts";

/**
 * What the end of a suite looks like in a terminal: how each experiment ended with its verdict, what could not be loaded, aggregates, what to type next.
 *
 * @param columns of the terminal; lines are not wrapped when absent
 */
export function suiteSummary(report: SuiteReport, columns?: number): Line[] {
  const { suiteId, status, reason, experiments, refused, accounting, cost, currency, reports } = report;
  const files = Object.values(reports).map(pathFromHere);
  const lines: Line[] = [
    {
      text: `${suiteId}: ${statusWords(status)}${reason ? ` (${reason})` : ""}; ${statusCounts(experiments)}`,
      tone: status === "completed" && refused.length === 0 && experiments.every(isGood) ? "good" : "bad",
    },
    { text: accountingLine(accounting), ...(accounting.failed > 0 ? { tone: "bad" as const } : {}) },
    ...(cost > 0 ? [{ text: `Cost: ${money(cost, currency)}` }] : []),
    ...refused.map(({ reason: why }): Line => ({ text: `! ${why}`, tone: "bad" })),
    ...experiments.flatMap((one) => linesOf(one)),
    ...aggregateLines(report),
    ...(files.length > 0 ? [{ text: `Reports: ${files.join(", ")}` }] : []),
    ...nextCommands(report).map((text) => ({ text })),
  ];
  return [
    { text: "" },
    ...lines.flatMap((line) =>
      line.fixed ? [line] : wrapped(line.text, columns).map((text): Line => ({ ...line, text })),
    ),
  ];
}

const isGood = ({ status }: Pick<SuiteExperimentResult, "status">): boolean =>
  status === "completed" || status === "stopped_early";

function linesOf({ name, file, experimentId, status, reason, report }: SuiteExperimentResult): Line[] {
  const { failed = 0 } = report?.accounting ?? {};
  const gates = report ? gateWords(report) : "";
  const about = [
    ...(report ? [doneWords(report.accounting)] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(report && report.cost > 0 ? [money(report.cost, report.currency)] : []),
    ...(gates ? [`gates: ${gates}`] : []),
    experimentId,
    ...(file === undefined ? [] : [pathFrom(file)]),
  ];
  const head: Line = {
    text: `${name}: ${statusWords(status)} (${about.join(", ")})`,
    tone: isGood({ status }) ? "strong" : "bad",
  };
  if (report?.estimates) return [head, ...estimateLines(report.estimates).map((text) => ({ text: `  ${text}` }))];
  const [, first] = report && report.accounting.succeeded > 0 ? verdictSentences(report.verdict) : [];
  return [
    head,
    ...(reason === undefined ? [] : [{ text: `  ${reason}` }]),
    ...(first === undefined ? [] : [{ text: `  ${first}` }]),
  ];
}

function aggregateLines({ aggregates, weights }: SuiteReport): Line[] {
  if (aggregates.length === 0) return [];
  const width = Math.max(...aggregates.map(({ metric, condition }) => widthOf(`${metric} of ${condition}`)));
  return [
    { text: `Over experiments (weighted means; ${weightWords(weights)}):` },
    ...aggregates.map((one): Line => {
      const label = `${one.metric} of ${one.condition}`;
      const over = one.experiments.map(({ name }) => name).join(", ");
      return { text: `  ${label}${" ".repeat(width - widthOf(label))}  ${aggregateText(one)}  (${over})` };
    }),
  ];
}

function nextCommands({ suiteId, status, experiments, refused, accounting }: SuiteReport): string[] {
  if (experiments.some(({ report }) => report?.estimates)) return [];
  const isLeft = accounting.pending > 0 || refused.length > 0 || experiments.some(({ report }) => !report);
  const larger = status === "budget_exhausted" ? " --max-total <more>" : "";
  return isLeft ? [`Go on with: crucible resume ${suiteId}${larger}`] : [];
}
