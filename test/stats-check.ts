import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { check, type GoldenFile } from "./stats/check.ts";
import { methods } from "./stats/methods.ts";
import { isNist, type NistFile, nistAsGolden } from "./stats/nist.ts";

/** Compares the public functions of ./stats with every golden file of the directories given. */
const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error("usage: npm run stats-check -- <directory of golden files> ...");
  process.exit(2);
}
const totals = { passed: 0, failed: 0, undeclared: 0, corrected: 0 };
for (const folder of folders) {
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()) {
    const file = JSON.parse(readFileSync(join(folder, name), "utf8")) as GoldenFile | NistFile;
    const started = performance.now();
    const tally = check(isNist(file) ? nistAsGolden(file) : file, methods);
    for (const line of tally.failures) console.log(`FAILED ${basename(folder)}/${name} ${line}`);
    for (const line of tally.undeclared) console.log(`UNDECLARED ${basename(folder)}/${name} ${line}`);
    const took = `${Math.round(performance.now() - started)} ms`;
    console.log(
      `${basename(folder)}/${name}: ${tally.passed} passed, ${tally.failures.length} failed, ${tally.undeclared.length} undeclared, ${took}`,
    );
    totals.passed += tally.passed + tally.corrected.length;
    totals.failed += tally.failures.length;
    totals.undeclared += tally.undeclared.length;
    totals.corrected += tally.corrected.length;
  }
}
if (totals.corrected > 0)
  console.log(
    `${totals.corrected} of the passed have a reference that misses its own definition while ours keeps it; see docs/statistics.md`,
  );
console.log(`stats: ${totals.passed} passed, ${totals.failed} failed, ${totals.undeclared} undeclared`);
process.exitCode = totals.failed + totals.undeclared > 0 ? 1 : 0;
