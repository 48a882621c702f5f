import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Analysis } from "#src/analysis/analysis";
import type { GateResult } from "#src/analysis/gates";
import type { LabelAnalysis } from "#src/analysis/label-agreement";
import type { DecidedReading } from "#src/experiment/decided";
import type { Manifest, RunSession } from "#src/experiment/manifest";
import type { Format, RunSettings } from "#src/experiment/options";
import { StoreError } from "#src/kernel/errors";
import { makeFolder } from "#src/node/make-folder";
import { buildReport, wallMsOf } from "#src/reports/build";
import { renderInSlices } from "#src/reports/index";
import type { Report } from "#src/reports/report";
import { verdictPanel } from "#src/reports/verdict";
import type { VerdictPanel } from "#src/reports/verdict-panel";
import { scoringsIn } from "#src/store/scoring-store";
import type { RunStore } from "#src/store/store";
import type { StoredStatus } from "../stores.ts";
import { itemTexts } from "./item-texts.ts";
import type { RunReading } from "./judge.ts";

/** Path of each report by format. */
export type ReportFiles = Readonly<Partial<Record<Format, string>>>;

const extensions: Readonly<Record<Format, string>> = {
  markdown: "md",
  latex: "tex",
  html: "html",
  jupyter: "ipynb",
  csv: "csv",
  json: "json",
  junit: "xml",
};

export interface ReportJob {
  readonly manifest: Manifest;
  readonly analysis: Analysis;
  readonly gates: readonly GateResult[];
  readonly decided: DecidedReading;
  readonly sessions: readonly RunSession[];
  readonly labels?: LabelAnalysis | undefined;
  readonly status?: StoredStatus;
  readonly store: RunStore;
}

/** What every report of a run begins with, without the report. @param cost amount of all tasks */
export const verdictOf = (
  { analysis, spent, gates, labels }: RunReading,
  { manifest, sessions }: Pick<ReportJob, "manifest" | "sessions">,
  cost: number,
): VerdictPanel =>
  verdictPanel(analysis, {
    faults: manifest.faults,
    accounting: analysis.accounting,
    spent,
    currency: String(manifest.experiment.costBudget.currency ?? ""),
    cost,
    wallMs: wallMsOf(sessions),
    gates,
    labels,
    stoppedEarly: sessions.at(-1)?.status === "stopped_early",
  });

/** The report of a run, without a format. */
export async function reportValue({ store, labels, ...job }: ReportJob): Promise<Report> {
  const results = store.outcomes();
  return buildReport({
    ...job,
    ...(labels ? { labels } : {}),
    scorings: scoringsIn(store),
    results,
    itemOf: itemTexts(store),
  });
}

/** Writes `<outputDir>/<experimentId>_report.<extension>` for each format. @returns the path of each */
export async function writeReports(
  job: ReportJob & { readonly settings: Pick<RunSettings, "outputDir" | "formats"> },
): Promise<ReportFiles> {
  const { formats, outputDir } = job.settings;
  if (formats.length === 0) return {};
  const report = await reportValue(job);
  const { scoring } = job.manifest;
  const stem = scoring ? `${report.experimentId}_${scoring.name}` : report.experimentId;
  const files: Partial<Record<Format, string>> = {};
  for (const format of new Set(formats)) {
    const text = await renderInSlices(format, report);
    const path = join(outputDir, `${stem}_report.${extensions[format]}`);
    try {
      makeFolder(outputDir);
      await writeFile(path, text);
    } catch (error) {
      throw unwritten(outputDir, report.experimentId, error as Error);
    }
    files[format] = path;
  }
  return files;
}

/** All that ran is stored then. */
const unwritten = (outputDir: string, experimentId: string, { message }: Error): StoreError => {
  const elsewhere = `all rows are stored, and crucible report ${experimentId} --out <folder> writes them elsewhere`;
  const sentence = `the reports cannot be written to ${outputDir} (${message}); ${elsewhere}`;
  return new StoreError(outputDir, message, { experimentId, sentence });
};
