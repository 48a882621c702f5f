import { writeFileSync } from "node:fs";
import { type MetaOfRuns, type MetaRunsOptions, meta } from "#src/app/results/meta";
import { checkpointDirectory } from "#src/app/setting-sources";
import { ConfigError } from "#src/kernel/errors";
import { forest, forestLines } from "#src/reports/forest";
import { drawSvg } from "#src/reports/svg";
import { settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson } from "./print.ts";
import type { Flags } from "./run.ts";
import { whileWorking } from "./working.ts";

/** `crucible meta <ids...>`. @returns the exit code */
export async function metaRuns(ids: readonly string[], flags: Flags): Promise<number> {
  const checkpointDir = await checkpointDirectory(settingsFrom(flags));
  const { model, metric, svg } = flags as { model?: MetaRunsOptions["model"]; metric?: string[]; svg?: string };
  const found = await whileWorking(
    "reading the rows of the runs",
    meta(ids, { checkpointDir, ...(model ? { model } : {}), ...(metric ? { metrics: metric } : {}) }),
  );
  if (svg !== undefined) writeForest(svg, found);
  if (flags.json === true) printJson(found);
  else print(...linesOf(found));
  return exitCodes.ended;
}

function writeForest(path: string, { pairs }: MetaOfRuns): void {
  const metrics = [...new Set(pairs.map(({ metric }) => metric))];
  if (metrics.length > 1)
    throw new ConfigError("--svg", "draws one metric", metrics, `Name it: --metric ${metrics[0]}`);
  writeFileSync(path, drawSvg(forest(pairs)));
}

const linesOf = ({ runs, pairs, notes }: MetaOfRuns): string[] => [
  ...runs.map(({ experimentId, createdAt, name }) => `${experimentId}  ${createdAt}  ${name}`),
  "",
  ...pairs.flatMap((pair) => [...forestLines(pair), ""]),
  ...notes.map((note) => `note  ${note}`),
];
