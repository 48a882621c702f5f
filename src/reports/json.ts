import type { Renderer } from "./report.ts";

/** The report as it is: sections, tables, cells with number and text, items. */
export const json: Renderer = (report) => `${JSON.stringify(report, null, 2)}\n`;
