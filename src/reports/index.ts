import type { Format } from "#src/experiment/options";
import { inSlices } from "#src/kernel/steps";
import { csv, csvSteps } from "./csv.ts";
import { html, htmlSteps } from "./html.ts";
import { json, jsonSteps } from "./json.ts";
import { junit } from "./junit.ts";
import { jupyter, jupyterSteps } from "./jupyter.ts";
import { latex, latexSteps } from "./latex.ts";
import { markdown, markdownSteps } from "./markdown.ts";
import type { Renderer, Report, SteppedRenderer } from "./report.ts";
import { terminal, terminalSteps } from "./terminal.ts";

/** Renderers by the name of their format. A renderer of your own is any function from a `Report` to a text. */
export const renderers: Readonly<Record<Format | "terminal", Renderer>> = {
  markdown,
  latex,
  html,
  jupyter,
  csv,
  json,
  junit,
  terminal,
};

const stepped: Readonly<Record<Format | "terminal", SteppedRenderer>> = {
  markdown: markdownSteps,
  latex: latexSteps,
  html: htmlSteps,
  jupyter: jupyterSteps,
  csv: csvSteps,
  json: jsonSteps,
  *junit(report) {
    yield;
    return junit(report);
  },
  terminal: terminalSteps,
};

/** What `renderers[format](report)` gives, made in slices of some milliseconds between which everything else of the process has its turn. */
export const renderInSlices = (format: Format | "terminal", report: Report): Promise<string> =>
  inSlices(stepped[format](report));

export { buildReport, type ReportInput } from "./build.ts";
export type { Chart } from "./chart.ts";
export type { DrillDownOptions } from "./drill-down.ts";
export { findings } from "./findings.ts";
export { latexFragment } from "./latex.ts";
export { markdownShort } from "./markdown.ts";
export {
  type Block,
  type Cell,
  type Column,
  type Figure,
  type ItemEntry,
  type ItemTable,
  type Renderer,
  type Report,
  type ReportTable,
  type Section,
  shortOf,
  type TableRow,
  tablesOf,
} from "./report.ts";
export { drawSvg } from "./svg.ts";
export { verdictPanel } from "./verdict.ts";
export type { VerdictContext, VerdictFact, VerdictLevel, VerdictLine, VerdictPanel } from "./verdict-panel.ts";
export { conclusion } from "./words.ts";
export { csv, html, json, junit, jupyter, latex, markdown, terminal };
