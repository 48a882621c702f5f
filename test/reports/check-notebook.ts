import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeExamples } from "./write-examples.ts";

/**
 * Executes the notebook reports. Needs Debian's python3-nbconvert python3-ipykernel python3-pandas python3-scipy python3-matplotlib, so
 * it is not part of `npm test`: `npm run check:notebook`. Its last cell fails unless scipy's p-values equal ours.
 */
const folder = await writeExamples();
const python = process.env.CRUCIBLE_PYTHON ?? "/usr/bin/python3";
let failed = 0;
for (const name of ["example_report", "hostile_report"]) {
  const validate = `import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], as_version=4))`;
  const valid = spawnSync(python, ["-W", "error", "-c", validate, `${name}.ipynb`], { cwd: folder, encoding: "utf8" });
  const executed = spawnSync(
    python,
    ["-m", "nbconvert", "--to", "notebook", "--execute", "--output", `${name}.done.ipynb`, `${name}.ipynb`],
    { cwd: folder, encoding: "utf8" },
  );
  if (executed.error) throw new Error(`${python} does not run: ${executed.error.message}`);
  if (valid.status !== 0 || executed.status !== 0) {
    failed += 1;
    console.log(`${name}: ${valid.stderr.slice(-2000)}${executed.stderr.slice(-3000)}`);
    continue;
  }
  interface Cell {
    outputs?: { output_type: string; text?: string[] }[];
  }
  const { cells } = JSON.parse(readFileSync(join(folder, `${name}.done.ipynb`), "utf8")) as { cells: Cell[] };
  for (const { outputs = [] } of cells)
    for (const { text } of outputs) if (text) console.log(`${name}: ${text.join("").trim()}`);
}
console.log(`notebook: ${2 - failed} executed, ${failed} failed (${folder})`);
process.exitCode = failed === 0 ? 0 : 1;
