import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { latexFragment, type Report, renderers } from "#src/reports/index";
import { exampleReport, hostileReport } from "./examples.ts";

/** Writes the two example reports in the formats that programs outside check. @returns the folder */
export async function writeExamples(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "crucible-reports-"));
  const write = (name: string, report: Report): void => {
    const named = { ...report, experimentId: name };
    writeFileSync(join(folder, `${name}_report.tex`), renderers.latex(named));
    writeFileSync(join(folder, `${name}_fragment.tex`), latexFragment(named));
    writeFileSync(join(folder, `${name}_report.ipynb`), renderers.jupyter(named));
    writeFileSync(join(folder, `${name}_report.csv`), renderers.csv(named));
    writeFileSync(join(folder, `${name}_report.html`), renderers.html(named));
  };
  write("example", await exampleReport());
  write("hostile", await hostileReport());
  return folder;
}
