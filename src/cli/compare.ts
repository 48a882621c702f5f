import { compare, type RunComparison } from "#src/app/results/compare";
import { changeSentence } from "#src/app/results/verdict-changes";
import { checkpointDirectory } from "#src/app/setting-sources";
import { show } from "#src/kernel/errors";
import { conclusions } from "#src/reports/results";
import { settingsFrom } from "./arguments.ts";
import { columns } from "./columns.ts";
import { changeLines, pairLines } from "./compare-lines.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson } from "./print.ts";
import type { Flags } from "./run.ts";
import { whileWorking } from "./working.ts";

/** `crucible compare <idA> <idB>`. @returns the exit code */
export async function compareRuns(ids: readonly string[], flags: Flags): Promise<number> {
  const checkpointDir = await checkpointDirectory(settingsFrom(flags));
  const comparison = await whileWorking("comparing the rows of the runs", compare(ids, { checkpointDir }));
  if (flags.json === true) printJson(comparison);
  else print(...lines(comparison, Number(flags.items ?? ITEMS)));
  return exitCodes.ended;
}

/** Changed items that are listed where nothing else is asked for. */
const ITEMS = 10;

function lines(comparison: RunComparison, items: number): string[] {
  const { runs, differences, circumstances, analysis, verdicts, items: changed, notes } = comparison;
  const isPair = runs.length === 2;
  return [
    ...columns(
      ["Run", "Started (UTC)", "Status", "Name"],
      runs.map(({ experimentId, name, createdAt, status }, i) => [
        isPair ? `${"AB"[i]}  ${experimentId}` : experimentId,
        createdAt.slice(0, 16).replace("T", " "),
        status.replaceAll("_", " "),
        name,
      ]),
    ),
    "",
    differences.length > 0 ? "What differed:" : "Their definitions and machines do not differ.",
    ...differences.map(({ path, values }) => `  ${path}: ${values.map(shown).join(" | ")}`),
    ...(circumstances.length > 0 ? ["How they went:"] : []),
    ...circumstances.map(({ what, values }) => `  ${what}: ${values.join(" | ")}`),
    "",
    ...analysis.metrics.flatMap((metric) =>
      isPair
        ? [...pairLines(metric, comparison), ""]
        : [
            `${metric.metric.name}:`,
            ...conclusions(metric).map((sentence) => `  ${sentence}`),
            ...droppedLines(metric.comparisons),
            "",
          ],
    ),
    ...(changed ? changeLines(changed, items) : []),
    ...(verdicts ? ["", "Answer by answer:", ...verdicts.map((change) => `  ${changeSentence(change)}`)] : []),
    "",
    ...notes.map((note) => `note  ${note}`),
  ];
}

const shown = (value: unknown): string => (value === undefined ? "none" : show(value));

function droppedLines(comparisons: RunComparison["analysis"]["metrics"][number]["comparisons"]): string[] {
  return comparisons.map(({ condition, against, n, dropped, test }) => {
    const left = Object.entries(dropped).map(([reason, items]) => `${items} ${reason}`);
    return `    ${condition} against ${against}: ${test === "none" ? "not tested" : test}, ${n} items${left.length > 0 ? `, left out: ${left.join(", ")}` : ""}`;
  });
}
