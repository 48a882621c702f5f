import type { Format } from "#src/experiment/options";
import { csv } from "./csv.ts";
import { html } from "./html.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { jupyter } from "./jupyter.ts";
import { latex } from "./latex.ts";
import { markdown } from "./markdown.ts";
import type { Renderer } from "./report.ts";
import { terminal } from "./terminal.ts";

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
export { conclusion } from "./words.ts";
export { csv, html, json, junit, jupyter, latex, markdown, terminal };
