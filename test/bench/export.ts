/**
 * What it takes to export a run: seconds and memory, each format in a process of its own.
 *
 *     npm run bench:export -- --rows 1000000
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exportFormats, exportRun } from "#src/app/results/export";
import { sqliteStore } from "#src/store/sqlite";
import { exampleManifest, outcome } from "../reports/manifest.ts";

const { values } = parseArgs({
  options: { rows: { type: "string", default: "1000000" }, one: { type: "string" }, folder: { type: "string" } },
});
const rows = Number(values.rows);
const id = "exp_example";

if (values.one) {
  const format = exportFormats.find((known) => known === values.one)!;
  const begun = performance.now();
  await exportRun(id, { checkpointDir: values.folder!, format, to: join(values.folder!, `rows.${format}`) });
  const seconds = (performance.now() - begun) / 1000;
  console.log(JSON.stringify({ seconds, peakRssMb: process.resourceUsage().maxRSS / 1024 }));
} else {
  const folder = mkdtempSync(join(tmpdir(), "crucible-bench-export-"));
  try {
    fill(folder);
    for (const format of exportFormats) {
      const args = [...process.execArgv, import.meta.filename, "--one", format, "--folder", folder];
      const { seconds, peakRssMb } = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
      const sizeMb = statSync(join(folder, `rows.${format}`)).size / 2 ** 20;
      console.log(
        `${format.padEnd(8)} ${rows} rows  ${seconds.toFixed(1)} s  ${Math.round(peakRssMb)} MB peak  ${sizeMb.toFixed(0)} MB file`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A store of ordinary rows: two numbers and a sentence each. */
function fill(folder: string): void {
  const store = sqliteStore(join(folder, `${id}.db`));
  store.putManifest(exampleManifest(["a", "b"], ["accuracy"], {}, rows / 2));
  for (let from = 0; from < rows; from += 10_000) {
    const batch = Array.from({ length: Math.min(10_000, rows - from) }, (_, i) => from + i).map((ordinal) =>
      outcome(
        {
          condition: ordinal % 2 === 0 ? "a" : "b",
          itemId: `question-${ordinal >> 1}`,
          metrics: { accuracy: ordinal % 3 === 0, latency: (ordinal * 7919) % 1000 },
          output: { answer: `The answer to question ${ordinal >> 1} is ${(ordinal * 31) % 977}.` },
          cost: 0.001,
        },
        ordinal,
      ),
    );
    store.append(batch);
  }
  store.close();
}
