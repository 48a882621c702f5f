import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { analyse } from "#src/analysis/analyse";
import type { Analysis } from "#src/analysis/analysis";
import { type GateResult, judgeGates } from "#src/analysis/gates";
import { withoutConclusions } from "#src/analysis/unfit";
import type { Experiment } from "#src/experiment/define";
import { promisedFields } from "#src/experiment/describe";
import type { Manifest, RunSession } from "#src/experiment/manifest";
import type { Format, RunSettings } from "#src/experiment/options";
import { settledSequential } from "#src/experiment/sequential";
import { buildReport } from "#src/reports/build";
import { renderers } from "#src/reports/index";
import type { Report } from "#src/reports/report";
import type { RunStore } from "#src/store/store";

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

/** Analyses the stored rows of a run. @param experiment as defined, for metrics that are functions; the manifest's description will do without */
export async function analyseStore(
  manifest: Manifest,
  experiment: Experiment | undefined,
  store: RunStore,
): Promise<Analysis> {
  const { experiment: description, seed, plan } = manifest;
  const sequential = manifest.faults ? undefined : settledSequential(experiment ?? description);
  const analysis = await analyse(store.outcomes(), {
    conditions: description.conditions.map(({ name, factors }) => ({ name, factors })),
    metrics: experiment?.metrics ?? description.metrics,
    fields: promisedFields(description),
    planned: plan.tasks,
    seed,
    ...(experiment?.statisticalAnalysis ?? description.statisticalAnalysis),
    sequential: sequential && { ...sequential, range: [...sequential.range] },
    stoppedEarly: (await store.sessions()).at(-1)?.status === "stopped_early",
    ...(experiment ? { customMetrics: experiment.customMetrics } : {}),
  });
  return manifest.faults ? withoutConclusions(analysis, "faults were injected") : analysis;
}

/** Holds the gates of a run against its results: those of the definition as it is now, else the stored ones; none where faults were injected. */
export const gatesOf = (manifest: Manifest, experiment: Experiment | undefined, analysis: Analysis): GateResult[] =>
  manifest.faults ? [] : judgeGates(experiment?.gates ?? manifest.experiment.gates ?? [], analysis);

export interface ReportJob {
  readonly manifest: Manifest;
  readonly analysis: Analysis;
  readonly gates: readonly GateResult[];
  readonly sessions: readonly RunSession[];
  readonly store: RunStore;
}

/** The report of a run, without a format. */
export const reportValue = ({ manifest, analysis, gates, sessions, store }: ReportJob): Promise<Report> =>
  buildReport({ manifest, analysis, gates, sessions, results: store.outcomes() });

/** Writes `<outputDir>/<experimentId>_report.<extension>` for each format. @returns the path of each */
export async function writeReports(
  job: ReportJob & { readonly settings: Pick<RunSettings, "outputDir" | "formats"> },
): Promise<ReportFiles> {
  const { formats, outputDir } = job.settings;
  if (formats.length === 0) return {};
  const report = await reportValue(job);
  mkdirSync(outputDir, { recursive: true });
  const files: Partial<Record<Format, string>> = {};
  for (const format of new Set(formats)) {
    const path = join(outputDir, `${report.experimentId}_report.${extensions[format]}`);
    writeFileSync(path, renderers[format](report));
    files[format] = path;
  }
  return files;
}
