import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { limitWords } from "#src/experiment/limits";
import type { Intervention } from "#src/experiment/manifest";
import type { Accounting } from "#src/experiment/outcome";
import { StoreError } from "#src/kernel/errors";
import { makeFolder } from "#src/node/make-folder";
import { count, estimateCell, money, scaleOf, weightOf } from "#src/reports/cell";
import { escapeMarkdown } from "#src/reports/escape";
import { accountingLine } from "#src/reports/words";
import type { RunReport } from "../run-report.ts";
import type { SuiteAggregate } from "./aggregates.ts";
import type { RefusedFile } from "./load-suite.ts";
import type { SuiteExperimentStatus } from "./member.ts";
import { pathFrom } from "./paths.ts";

/** How an experiment of a suite ended. */
export interface SuiteExperimentResult {
  readonly name: string;
  readonly tags: readonly string[];
  /** Absolute; absent where it was given in code. */
  readonly file?: string;
  /** What `resume`, `report` and `compare` know it by. */
  readonly experimentId: string;
  readonly status: Exclude<SuiteExperimentStatus, "waiting" | "running">;
  /** Why it did not complete, in a sentence. */
  readonly reason?: string;
  /** Of its run; absent where it has none. */
  readonly report?: RunReport;
  /** What ended it without a report. */
  readonly error?: unknown;
}

/** The result of a suite. */
export interface SuiteReport {
  readonly suiteId: string;
  /** `completed` where every experiment has ended, each in its own way; else what stopped the suite. */
  readonly status: "completed" | "interrupted" | "aborted" | "budget_exhausted";
  readonly reason?: string;
  readonly experiments: readonly SuiteExperimentResult[];
  /** Files that hold no experiment that can be run. */
  readonly refused: readonly RefusedFile[];
  /** Of the runs that have begun. */
  readonly accounting: Accounting;
  readonly aggregates: readonly SuiteAggregate[];
  readonly weights: "equal" | "items" | Readonly<Record<string, number>>;
  /** Amount that all experiments have cost, over all sessions. */
  readonly cost: number;
  readonly currency: string;
  /** What was changed by hand while it was active, oldest first; absent where nothing was. */
  readonly interventions?: readonly Intervention[];
  /** Paths of the suite's own reports. */
  readonly reports: { readonly markdown?: string; readonly json?: string };
}

type Unwritten = Omit<SuiteReport, "reports">;

/**
 * Writes `<outputDir>/<suiteId>_suite.md` and `.json`.
 *
 * @throws StoreError where that is refused: everything is stored then
 */
export async function writeSuiteReport(report: Unwritten, outputDir: string): Promise<SuiteReport["reports"]> {
  const path = (extension: string): string => join(outputDir, `${report.suiteId}_suite.${extension}`);
  try {
    makeFolder(outputDir);
    await writeFile(path("md"), suiteMarkdown(report));
    await writeFile(path("json"), `${JSON.stringify(plainSuite(report), null, 2)}\n`);
  } catch (error) {
    const { message } = error as Error;
    const sentence = `the report of the suite cannot be written to ${outputDir} (${message}); all rows are stored`;
    throw new StoreError(outputDir, message, { experimentId: report.suiteId, sentence });
  }
  return { markdown: path("md"), json: path("json") };
}

/** As plain data: reports without their rows, errors without their stacks. */
export const plainSuite = ({ experiments, ...suite }: Unwritten & Partial<Pick<SuiteReport, "reports">>): object => ({
  format: "crucible-suite-report/1",
  ...suite,
  experiments: experiments.map(({ report, error: _, ...experiment }) => {
    const { results: __, ...rest } = report ?? ({} as Partial<RunReport>);
    return { ...experiment, ...(report ? { report: rest } : {}) };
  }),
});

/** @example statusWords("budget_exhausted") // => "budget exhausted" */
export const statusWords = (status: string): string => status.replaceAll("_", " ");

/** @example interventionWords({ what: "pause", at: 0, by: "ada", reason: "lunch" }) // => "pause at 1970-01-01 00:00 UTC by ada (lunch)" */
export function interventionWords({ what, at, by, reason, changes }: Intervention): string {
  const done = what === "limits" ? limitWords(changes ?? {}) : what;
  const when = `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return `${done} at ${when} by ${by}${reason === undefined ? "" : ` (${reason})`}`;
}

/** How many experiments ended how. @example "3 completed, 1 aborted" */
export function statusCounts(experiments: readonly Pick<SuiteExperimentResult, "status">[]): string {
  const counts = new Map<string, number>();
  for (const { status } of experiments) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, n]) => `${n} ${statusWords(status)}`).join(", ");
}

/** What the weights are, in words. */
export const weightWords = (weights: SuiteReport["weights"]): string =>
  weights === "equal"
    ? "every experiment counts the same"
    : weights === "items"
      ? "an experiment counts by its items"
      : "weights as given";

/** An aggregate for readers: `86.3 [84.0, 88.6] %`, or the reason why it is absent. */
export function aggregateText({ estimate, as }: SuiteAggregate): string {
  const scale = scaleOf(as ?? { metric: {} as never, kind: "continuous", summaries: [] });
  const { text } = estimateCell(estimate, scale);
  const withUnit = estimate.value.ok && scale.unit ? `${text} ${scale.unit}` : text;
  return estimate.value.ok && !estimate.interval.ok
    ? `${withUnit} (no interval: ${estimate.interval.error})`
    : withUnit;
}

/** The report of a suite as GitHub-flavoured Markdown. */
export function suiteMarkdown(report: Unwritten): string {
  const { suiteId, status, reason, experiments, refused, accounting, aggregates, weights, cost, currency } = report;
  const { interventions = [] } = report;
  const lines = [
    `# Suite ${escapeMarkdown(suiteId)}`,
    "",
    `${statusWords(status)}${reason === undefined ? "" : `: ${escapeMarkdown(reason)}`}. ${experiments.length} experiments: ${statusCounts(experiments)}.`,
    "",
    accountingLine(accounting),
    ...(cost > 0 ? ["", `Cost: ${money(cost, currency)}`] : []),
    ...(interventions.length > 0
      ? ["", `Changed by hand: ${interventions.map((one) => escapeMarkdown(interventionWords(one))).join("; ")}.`]
      : []),
    "",
    "| experiment | status | tasks | failed | cost | gates | report |",
    "|---|---|--:|--:|--:|---|---|",
    ...experiments.map((one) => rowOf(one, currency)),
    ...refused.map(
      ({ file, reason: why }) => `\n**Not loaded**: ${escapeMarkdown(pathFrom(file))}: ${escapeMarkdown(why)}`,
    ),
    ...experiments.flatMap(({ name, reason: why }) =>
      why === undefined ? [] : ["", `**${escapeMarkdown(name)}**: ${escapeMarkdown(why)}`],
    ),
  ];
  if (aggregates.length > 0) {
    lines.push(
      "",
      "## Over experiments",
      "",
      `Weighted means; ${weightWords(weights)}. Intervals take the items of experiments for different ones.`,
      "",
      "| metric | condition | mean | experiments (weight) |",
      "|---|---|--:|---|",
      ...aggregates.map((one) => {
        const over = one.experiments.map(({ name, weight }) => `${escapeMarkdown(name)} (${weightOf(weight)})`);
        return `| ${escapeMarkdown(one.metric)} | ${escapeMarkdown(one.condition)} | ${escapeMarkdown(aggregateText(one))} | ${over.join(", ")} |`;
      }),
    );
  }
  return `${lines.join("\n")}\n`;
}

function rowOf({ name, status, report }: SuiteExperimentResult, currency: string): string {
  const cells = [
    escapeMarkdown(name),
    statusWords(status),
    report ? doneCount(report.accounting) : "",
    report ? count(report.accounting.failed) : "",
    report && report.cost > 0 ? money(report.cost, currency) : "",
    report ? gateWords(report) : "",
    report ? Object.keys(report.reports).map(escapeMarkdown).join(", ") : "",
  ];
  return `| ${cells.join(" | ")} |`;
}

/** How far a run is: of how many, unless more may come. @example doneCount({ planned: 9, pending: 2 }) // => "7/9" */
export const doneCount = ({ planned, pending, open }: Pick<Accounting, "planned" | "pending" | "open">): string =>
  open ? `${count(planned - pending)} so far` : `${count(planned - pending)}/${count(planned)}`;

/** @example "2 of 3 passed" */
export function gateWords({ gates }: Pick<RunReport, "gates">): string {
  const counted = gates.filter(({ afterwards }) => !afterwards);
  return counted.length === 0 ? "" : `${counted.filter(({ passed }) => passed).length} of ${counted.length} passed`;
}
