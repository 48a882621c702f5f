import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeExamples } from "./write-examples.ts";

/**
 * Compiles the LaTeX reports. Needs Debian's texlive-latex-recommended texlive-science texlive-pictures (about 360 MB), so it is no
 * part of `npm test`: `npm run check:latex`.
 */
const folder = await writeExamples();
let failed = 0;
for (const name of ["example_report", "hostile_report"]) {
  for (let pass = 0; pass < 2; pass++) {
    const { status, error } = spawnSync(
      "pdflatex",
      ["-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", `${name}.tex`],
      { cwd: folder },
    );
    if (error) throw new Error(`pdflatex does not run: ${error.message}`);
    if (status !== 0) {
      failed += 1;
      console.log(
        `${name}: pdflatex ended with ${status}\n${readFileSync(join(folder, `${name}.log`), "latin1")
          .split("\n")
          .filter((line) => /^!|^l\.\d+/.test(line))
          .slice(0, 12)
          .join("\n")}`,
      );
      break;
    }
  }
  const log = readFileSync(join(folder, `${name}.log`), "latin1");
  const wide = [...log.matchAll(/Overfull \\hbox \(([\d.]+)pt/g)].map(([, points]) => Number(points));
  console.log(
    `${name}: ${/Output written on .*/.exec(log)?.[0] ?? "no output"}; ${wide.length} overfull lines, the widest by ${Math.max(0, ...wide)} pt`,
  );
  if (wide.some((points) => points > 5)) {
    failed += 1;
    console.log(`${name}: a line is more than 5 pt too wide`);
  }
}
console.log(`latex: ${2 - failed} compiled, ${failed} failed (${folder})`);
process.exitCode = failed === 0 ? 0 : 1;
