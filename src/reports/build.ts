import type { Analysis } from "#src/analysis/analysis";
import type { GateResult } from "#src/analysis/gates";
import type { LabelAnalysis } from "#src/analysis/label-agreement";
import { type DecidedReading, decidedReading } from "#src/experiment/decided";
import type { Manifest, RunSession, RunStatus } from "#src/experiment/manifest";
import type { Accounting, Outcome } from "#src/experiment/outcome";
import { wallTime } from "#src/experiment/session";

import { inSlices, mapInSteps, type Steps } from "#src/kernel/steps";
import { count } from "./cell.ts";
import { cut } from "./cut.ts";
import { decidedSentences } from "./decided.ts";
import { digestBlocks, shortDigest } from "./digest.ts";
import { type DrillDownOptions, type RunCounts, readItemResults } from "./drill-down.ts";
import { faultedBlocks } from "./faulted.ts";
import { distributionFigure, figuresOf, MANY, overviewFigures, progressFigure } from "./figures.ts";
import { findingsInSteps } from "./findings.ts";
import { gatesBlocks } from "./gates.ts";
import { judgeBlocks } from "./judges.ts";
import { labelBlocks } from "./labels.ts";
import { limitationNotes, methodology, reproduction } from "./methodology.ts";
import { withShortNames } from "./names.ts";
import { sortedPairs } from "./pairs.ts";
import { readingsBlocks } from "./readings.ts";
import { costOfLost, reliability } from "./reliability.ts";
import { repliesBlocks } from "./replies.ts";
import { type Block, type ItemTexts, type Report, ranked, type Section } from "./report.ts";
import { comparisonsTable, descriptivesTable, metricIds, omnibusTable, resultsTable } from "./results.ts";
import { slicesBlocks } from "./slices.ts";
import { verdictPanel } from "./verdict.ts";
import type { VerdictPanel } from "./verdict-panel.ts";
import { accountingLine, familyOf, familySentence, isPartial } from "./words.ts";

/** What a report is made from. */
export interface ReportInput {
  readonly manifest: Manifest;
  readonly analysis: Analysis;
  /** That of the analysis when absent. */
  readonly accounting?: Accounting;
  readonly sessions?: readonly RunSession[];
  /** How the run is: `killed` where no process is at it any more; as its last session says when absent. */
  readonly status?: RunStatus | "killed";
  /** What was decided before the first task, and what is another now; as the manifest says when absent. */
  readonly decided?: DecidedReading;
  /** What people said of the answers. */
  readonly labels?: LabelAnalysis;
  /** Names of the other scorings of the same answers. */
  readonly scorings?: readonly string[];
  /** What was asked of the results. */
  readonly gates?: readonly GateResult[];
  /** Rows for the item-by-item part and for counts of retries, errors and cost. Read once. */
  readonly results?: Iterable<Outcome> | AsyncIterable<Outcome>;
  /** Bounds of the item-by-item part. */
  readonly drillDown?: DrillDownOptions;
  /** What an item is, for the item-by-item part. */
  readonly itemOf?: (id: string) => ItemTexts | undefined | Promise<ItemTexts | undefined>;
}

/**
 * Puts manifest, analysis and rows together into a report without a format.
 *
 * @example
 * const report = await buildReport({ manifest, analysis, sessions, results: store.outcomes() });
 * const page = renderers.html(report);
 */
export async function buildReport(given: ReportInput): Promise<Report> {
  const analysis = withShortNames(given.analysis);
  const input = { ...given, analysis };
  const { manifest, sessions = [] } = input;
  const { experiment } = manifest;
  const accounting = input.accounting ?? analysis.accounting;
  const conditions = new Map(experiment.conditions.map((condition) => [condition.name, condition]));
  const read = await readItemResults(input.results ?? [], given.analysis, input.drillDown, input.itemOf, (name) =>
    conditions.get(name),
  );
  const status = input.status ?? sessions.at(-1)?.status ?? (accounting.pending > 0 ? "running" : "completed");
  const verdict = verdictPanel(given.analysis, {
    faults: manifest.faults,
    accounting,
    spent: read.counts.spent,
    currency: String(experiment.costBudget.currency ?? ""),
    cost: read.counts.cost + costOfLost(sessions),
    wallMs: wallMsOf(sessions),
    gates: input.gates ?? [],
    labels: input.labels,
    stoppedEarly: status === "stopped_early",
  });
  return {
    format: "crucible-report/1",
    title: cut(experiment.name, 200) + (manifest.scoring ? `, scoring ${manifest.scoring.name}` : ""),
    experimentId: manifest.experimentId,
    date: manifest.createdAt,
    author: cut(experiment.author, 200),
    version: cut(experiment.version, 80),
    status,
    partial: isPartial(accounting),
    decided: decidedOf(input),
    verdict,
    abstract: abstractOf(input, accounting),
    sections: await inSlices(
      sectionsOf(input, accounting, read.counts, gatesBlocks(given.gates ?? [], given.analysis), verdict),
    ),
    items: read.items,
    ...(read.counts.digest.tasks > 0 ? { digest: shortDigest(read.counts.digest) } : {}),
  };
}

/** Milliseconds of all sessions; nothing where the end of one is not known. */
export function wallMsOf(sessions: readonly RunSession[]): number | undefined {
  const { ms, unknown } = wallTime(sessions);
  return unknown === 0 ? ms : undefined;
}

const decidedOf = ({ decided, manifest }: ReportInput): DecidedReading => decided ?? decidedReading(manifest);

function abstractOf({ manifest, analysis, scorings: scores = [] }: ReportInput, accounting: Accounting): string[] {
  const { experiment, dataset, scoring } = manifest;
  const repeats = analysis.repeats > 1 ? `, up to ${analysis.repeats} times each` : "";
  return [
    ...(experiment.description ? [cut(experiment.description, 3000)] : []),
    `${analysis.conditions.length} ${analysis.conditions.length === 1 ? "condition" : "conditions"} on ${count(dataset.items)} items${repeats}. ${accountingLine(accounting)}.`,
    ...otherScoresOf(scores, scoring?.name, manifest.experimentId),
  ];
}

/** Which other scores there are of the same answers. */
function otherScoresOf(scorings: readonly string[], shown: string | undefined, id: string): string[] {
  const others = scorings.filter((name) => name !== shown);
  if (others.length === 0) return [];
  const own = shown === undefined ? "These are the scores that the run gave." : `These are the scores of ${shown}.`;
  const named = cut(others.join(", "), 400);
  return [
    `${own} There are others of the same answers: ${named} (crucible report ${id} --scoring ${others[0]}; crucible compare ${id} ${id}@${others[0]}).`,
  ];
}

function* sectionsOf(
  input: ReportInput,
  accounting: Accounting,
  counts: RunCounts,
  gates: readonly Block[],
  verdict: VerdictPanel,
): Steps<Section[]> {
  const { analysis, manifest } = input;
  const results = yield* resultsBlocks(analysis, accounting, verdict);
  const comparisons = yield* comparisonBlocks(analysis);
  const slices = yield* mapInSteps(analysis.slices ?? [], (_, place) => slicesBlocks(analysis, place));
  const findings = yield* findingsBlocks(input, accounting);
  yield;
  const failed = readingsBlocks(analysis);
  const distributions = yield* distributionBlocks(analysis);
  yield;
  const sections: (Section | undefined)[] = [
    section("findings", "Findings", findings, true),
    section("gates", "Quality gates", gates, true),
    section("results", "Results", results, true),
    section("faulted", "What faults cost each condition", faultedBlocks(analysis), true),
    section("digest", "Failed and wrong tasks", digestBlocks(counts.digest, manifest.experimentId), true),
    section("comparisons", "Comparisons", comparisons, true),
    section("judges", "Judges", judgeBlocks(counts.judges), true),
    section("labels", "Labels by people", labelBlocks(input.labels, analysis)),
    section("slices", "By groups of items", slices.flat()),
    section("failed-tasks", "Failed tasks, counted both ways", failed),
    section("replies", "Incomplete replies", repliesBlocks(analysis), true),
    section("distributions", "Distributions", distributions),
    section("reliability", "Reliability", [
      ...reliability(
        manifest.experiment,
        input.sessions ?? [],
        accounting,
        counts,
        analysis.metrics,
        manifest.changedByHook,
        input.status === "killed",
      ),
      ...progressFigure(counts),
    ]),
    section("methodology", "Methodology", methodology(manifest, analysis)),
    section("reproduce", "How to reproduce", reproduction(manifest)),
  ];
  return sections.filter((made) => made !== undefined);
}

const section = (id: string, title: string, blocks: readonly Block[], inShort = false): Section | undefined =>
  blocks.length > 0 ? { id, title, blocks, inShort } : undefined;

function* findingsBlocks(input: ReportInput, accounting: Accounting): Steps<Block[]> {
  const { manifest, analysis, sessions = [] } = input;
  const { warnings, lists, notes } = yield* findingsInSteps(analysis, {
    faults: manifest.faults,
    accounting,
    stoppedEarly: sessions.at(-1)?.status === "stopped_early",
  });
  return [
    ...decidedSentences(decidedOf(input)),
    ...warnings.map((text) => ({ kind: "warning" as const, text })),
    ...lists.map((list) => ({ kind: "list" as const, ...list })),
    ...notes.map((text) => ({ kind: "paragraph" as const, text })),
  ];
}

function* resultsBlocks(analysis: Analysis, accounting: Accounting, verdict: VerdictPanel): Steps<Block[]> {
  const table = ranked(resultsTable(analysis), verdict);
  yield;
  return [
    { kind: "table", table: { ...table, notes: [`Accounting: ${accountingLine(accounting)}.`, ...table.notes] } },
    ...(yield* overviewFigures(analysis)),
  ];
}

function* comparisonBlocks(analysis: Analysis): Steps<Block[]> {
  const compared = analysis.metrics.filter(({ comparisons }) => comparisons.length > 0);
  if (compared.length === 0) return [];
  const ids = metricIds(analysis.metrics, "pairs");
  yield;
  const omnibus = omnibusTable(analysis.metrics);
  const blocks: Block[] = [];
  const isLong = analysis.conditions.length > MANY;
  for (const [place, metric] of compared.entries()) {
    const id = ids[analysis.metrics.indexOf(metric)]!;
    const family = familyOf(analysis, metric.metric.name);
    yield;
    const sorted = { ...metric, comparisons: sortedPairs(metric, analysis.options.baseline) };
    const [differences, squares] = yield* figuresOf(sorted, id, family);
    yield;
    const table = yield* comparisonsTable(sorted, id, family);
    blocks.push(
      ...(isLong && place > 0 ? differences.map((block) => ({ ...block, folded: true })) : differences),
      { kind: "table", table, folded: differences.length > 0 || table.rows.length > OPEN },
      ...squares,
    );
  }
  yield;
  return [
    { kind: "paragraph", text: familySentence(analysis) },
    ...(omnibus ? [{ kind: "table" as const, table: omnibus }] : []),
    ...blocks,
    ...(yield* limitationNotes(analysis)),
  ];
}

/** Pairs up to which a table without a drawing stands open. */
const OPEN = 60;

/** Each field once, however many metrics read it. */
function* distributionBlocks({ metrics, conditions }: Analysis): Steps<Block[]> {
  const ids = metricIds(metrics, "distribution");
  const first = (field: string): number =>
    metrics.findIndex(({ metric, kind }) => metric.from === field && kind !== "custom");
  const blocks = yield* mapInSteps(metrics, (metric, i): Block[] =>
    metric.kind === "custom" || first(metric.metric.from) !== i
      ? []
      : [
          ...distributionFigure(metric, ids[i]!).map((block) => ({ ...block, folded: conditions.length > MANY })),
          { kind: "table", table: descriptivesTable(metric, ids[i]!), folded: true },
        ],
  );
  return blocks.flat();
}
