import { bestOfRuns } from "#src/app/results/levels";
import { listRuns, type PastRun } from "#src/app/results/past-runs";
import { checkpointDirectory } from "#src/app/setting-sources";
import { didYouMean, show } from "#src/kernel/errors";
import { money } from "#src/reports/cell";
import type { BestLevel } from "#src/reports/levels";
import { label } from "#src/reports/svg-parts";
import { settingsFrom } from "./arguments.ts";
import { columns } from "./columns.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson, warn } from "./print.ts";
import type { Flags } from "./run.ts";

/** `crucible list`. @returns the exit code */
export async function list(flags: Flags): Promise<number> {
  const directory = await checkpointDirectory(settingsFrom(flags));
  const all = listRuns(directory, (sentence) => warn(`! ${sentence}`));
  const wanted = (flags.tag as readonly string[] | undefined) ?? [];
  const runs = wanted.length === 0 ? all : all.filter(({ tags }) => wanted.some((tag) => tags.includes(tag)));
  const best = bestOfRuns(directory, runs);
  if (flags.json === true) {
    for (const run of runs) printJson({ ...run, best: best.get(run.experimentId) });
    return exitCodes.ended;
  }
  if (runs.length === 0) print(noneWords(directory, all, wanted));
  const rows = runs.map((run) => rowOf(run, best.get(run.experimentId)));
  print(...columns(headings, rows, [3, 4, 5]));
  return exitCodes.ended;
}

const headings = ["Run", "Started (UTC)", "Status", "Tasks", "Failed", "Cost", "Best observed", "Name"];

/** The best level of the first metric, and whose it is where there are several. */
const bestWords = (best: BestLevel | undefined): string =>
  best === undefined ? "-" : `${best.metric} ${best.text}${best.conditions > 1 ? `, ${label(best.condition)}` : ""}`;

function rowOf(
  { experimentId, name, tags, status, createdAt, accounting: a, cost, scorings }: PastRun,
  best: BestLevel | undefined,
): string[] {
  return [
    experimentId,
    createdAt.slice(0, 16).replace("T", " "),
    status.replaceAll("_", " "),
    a.open ? `${a.planned - a.pending} so far` : `${a.planned - a.pending}/${a.planned}`,
    a.failed === 0 ? "-" : String(a.failed),
    cost === 0 ? "-" : money(cost, ""),
    bestWords(best),
    `${name}${tags.length > 0 ? `  [${tags.join(", ")}]` : ""}${scorings.length > 0 ? `  (scores of the run; also ${scorings.join(", ")})` : ""}`,
  ];
}

/** Why nothing is listed. */
function noneWords(directory: string, all: readonly PastRun[], wanted: readonly string[]): string {
  if (all.length === 0) return `no runs in ${directory}`;
  const known = [...new Set(all.flatMap(({ tags }) => tags))].sort();
  const others = known.length === 0 ? "None of them has a tag" : didYouMean(wanted[0]!, known);
  return `no run in ${directory} has the tag ${wanted.map(show).join(" or ")}. ${others}`;
}
